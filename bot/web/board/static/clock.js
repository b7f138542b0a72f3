/** Business time as the server last told it, and the countdowns that follow it. */

const body = document.body.dataset;
const told = { now: Number(body.now), speed: Number(body.speed), at: performance.now() };
const written = new Intl.DateTimeFormat(undefined, {
  weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: body.zone,
});

/** Milliseconds of business time at this instant. */
export function now() {
  return told.now + (performance.now() - told.at) * told.speed;
}

/** Takes over the time that came with an answer. @param {Headers} headers */
export function adopt(headers) {
  if (!headers.has("x-pledge-now")) return;
  told.now = Number(headers.get("x-pledge-now"));
  told.speed = Number(headers.get("x-pledge-speed"));
  told.at = performance.now();
  const speed = document.getElementById("speed");
  if (speed) speed.textContent = `${told.speed}×`;
}

/** "in 5 h 10 min", below five minutes "in 4:05"; rounded down, what is past is rounded up. @param {number} ms */
export function left(ms) {
  const past = ms < 0;
  const seconds = past ? Math.ceil(-ms / 1000) : Math.floor(ms / 1000);
  const text = seconds < 300 ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : long(seconds, past);
  return past ? `${text} ago` : `in ${text}`;
}

function long(seconds, up) {
  const minutes = up ? Math.ceil(seconds / 60) : Math.floor(seconds / 60);
  if (minutes < 48 * 60) return joined([[Math.floor(minutes / 60), "h"], [minutes % 60, "min"]]);
  const hours = up ? Math.ceil(minutes / 60) : Math.floor(minutes / 60);
  return joined([[Math.floor(hours / 24), "d"], [hours % 24, "h"]]);
}

function joined(parts) {
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function tick() {
  const current = now();
  for (const each of document.querySelectorAll("[data-due]")) {
    const text = left(Number(each.dataset.due) - current);
    if (each.textContent !== text) each.textContent = text;
  }
  const clock = document.getElementById("now");
  const text = written.format(current);
  if (clock && !clock.textContent.startsWith(text)) clock.textContent = text;
  // No faster than the eye and no slower than the countdown's last digit.
  setTimeout(tick, told.speed > 1 ? 200 : 1000 - (current % 1000));
}

tick();
