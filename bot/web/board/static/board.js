/** Keeps the live parts of a page fresh and sends its forms without leaving it; the page works without this. */

import "./clock.js";
import { ask, badge, post, problem, toast } from "./wire.js";

const live = document.querySelector("[data-live]");
let etag = "";
let timer = 0;

if (self !== top) document.documentElement.classList.add("embedded");
badge(Number(document.body.dataset.unread));

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await ask(live.dataset.live, { headers: etag ? { "if-none-match": etag } : {} });
    document.body.classList.toggle("offline", !(answer.ok || answer.status === 304));
    if (answer.ok && replace(await answer.text())) etag = answer.headers.get("etag") ?? "";
  } catch {
    document.body.classList.add("offline");
  }
  timer = setTimeout(refresh, document.hidden ? 15000 : 2000);
}

/** Puts new parts in the place of old ones. @returns whether all could be: one that is being typed in waits. */
function replace(html) {
  let all = true;
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    for (const opened of part.querySelectorAll("details[id]")) {
      opened.open = old.querySelector(`#${CSS.escape(opened.id)}`)?.open ?? opened.open;
    }
    if (old.isEqualNode(part)) continue;
    if (busy(old)) {
      all = false;
      continue;
    }
    const atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < 40;
    const scrolled = old.scrollTop;
    const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(part);
    if (part.classList.contains("scroll")) part.scrollTop = atEnd ? part.scrollHeight : scrolled;
    if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
  return all;
}

function busy(part) {
  const typing = part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  return typing || [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
}

async function act(form, pressed) {
  const fields = new FormData(form, pressed);
  const buttons = [...form.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await post(form.action, fields);
    if (answer.ok) {
      toast((await answer.json()).text);
      form.reset();
      form.closest("details")?.removeAttribute("open");
      const id = form.querySelector("[name=client_msg_id]");
      if (id) id.value = newId();
      document.activeElement?.blur();
      etag = "";
      await refresh();
    } else {
      toast(await problem(answer), false);
    }
  } catch {
    toast("No connection. Nothing was changed; try again.", false);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** randomUUID exists on secure pages only, and a board may be served over plain HTTP inside an office. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-act]")) return;
  event.preventDefault();
  act(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.matches("form[data-act] textarea")) {
    event.preventDefault();
    field.form.requestSubmit();
  }
});

if (live) {
  const talk = document.querySelector(".talk .scroll");
  if (talk) talk.scrollTop = talk.scrollHeight;
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  timer = setTimeout(refresh, 2000);
}
