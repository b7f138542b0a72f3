/** One conversation for the direct chat and the team rooms; what is new comes as the page itself would show it. */

import { ask, post, problem, toast } from "./wire.js";

const chat = document.querySelector("[data-chat]");
const url = chat.dataset.chat;
const list = chat.querySelector(".entries");
const scroller = chat.querySelector(".scroll");
const form = chat.querySelector("form[data-send]");
const trouble = chat.querySelector(".problem");
let cursor = Number(chat.dataset.cursor);
let waiting = new AbortController();

async function follow() {
  let failures = 0;
  for (;;) {
    const shown = document.hidden ? 0 : 1;
    try {
      const answer = await ask(`${url}/entries?after=${cursor}&shown=${shown}`, { signal: waiting.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      failures = 0;
      trouble.hidden = true;
      add(told.html);
      cursor = told.cursor;
    } catch (error) {
      if (error.name === "AbortError") {
        waiting = new AbortController();
        continue;
      }
      failures += 1;
      trouble.textContent = "No connection. Trying again.";
      trouble.hidden = false;
      await new Promise((go) => setTimeout(go, Math.min(15000, 500 * 2 ** failures) * (0.5 + Math.random())));
    }
  }
}

function add(html) {
  const entries = new DOMParser().parseFromString(html, "text/html").querySelectorAll(".entry");
  if (!entries.length) return;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  for (const entry of entries) {
    entry.classList.add("fresh");
    const old = list.querySelector(`[data-seq="${CSS.escape(entry.dataset.seq)}"]`);
    if (old) old.replaceWith(entry);
    else list.append(entry);
  }
  chat.querySelector(".empty").hidden = true;
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

async function press(row, action) {
  const all = [...row.querySelectorAll("button")];
  for (const button of all) button.disabled = true;
  try {
    const answer = await post(`${url}/press`, [["csrf", chat.dataset.csrf], ["action", action], ["client_msg_id", newId()]]);
    if (answer.ok) toast((await answer.json()).notice ?? "");
    else toast(await problem(answer), false);
  } catch {
    toast("No connection. Press again.", false);
  } finally {
    for (const button of all) button.disabled = false;
  }
}

async function send() {
  const field = form.elements.text;
  if (!field.value.trim()) return;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await post(form.action, new FormData(form));
    if (answer.ok) {
      field.value = "";
      form.elements.client_msg_id.value = newId();
      const told = await answer.json();
      if (told.notice) toast(told.notice);
      scroller.scrollTop = scroller.scrollHeight;
    } else {
      toast(await problem(answer), false);
    }
  } catch {
    toast("No connection. Your words are still here; send them again.", false); // the same id: they count once
  } finally {
    button.disabled = false;
    field.focus();
  }
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
form.elements.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
list.addEventListener("submit", (event) => {
  const pressed = event.target;
  if (!pressed.matches("form[data-press]")) return;
  event.preventDefault();
  press(pressed.parentElement, pressed.elements.action.value);
});
// Somebody looks again: ask anew, so that what was waiting counts as read.
document.addEventListener("visibilitychange", () => { if (!document.hidden) waiting.abort(); });

scroller.scrollTop = scroller.scrollHeight;
follow();
