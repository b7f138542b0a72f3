/** The demo page: signs the manager's side in, turns the clock. */

import { adopt } from "/board/static/clock.js";

const ours = { "x-pledge": "script" };

async function openStaffSide() {
  const answer = await fetch("/demo/staff-session", { method: "POST", headers: ours });
  if (!answer.ok) return;
  for (const frame of document.querySelectorAll("iframe[data-src]")) frame.src = frame.dataset.src;
}

async function setSpeed(pressed) {
  const answer = await fetch("/demo/clock", {
    method: "POST", headers: ours, body: new URLSearchParams({ speed: pressed.dataset.speed }),
  });
  if (!answer.ok) return;
  adopt(answer.headers);
  for (const button of document.querySelectorAll(".speeds button")) {
    button.setAttribute("aria-pressed", String(button === pressed));
  }
}

for (const button of document.querySelectorAll(".speeds button")) {
  button.addEventListener("click", () => setSpeed(button));
}
document.querySelector("select[name=as]")?.addEventListener("change", (event) => event.target.form.submit());
openStaffSide();
