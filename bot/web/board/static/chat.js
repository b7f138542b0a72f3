/** One conversation for the direct chat and the team rooms; what people wrote only ever becomes text nodes. */

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
      add(told.entries);
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

function add(entries) {
  if (!entries.length) return;
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  for (const entry of entries) {
    const made = drawn(entry);
    const old = list.querySelector(`[data-seq="${Number(entry.seq)}"]`);
    if (old) old.replaceWith(made);
    else list.append(made);
  }
  chat.querySelector(".empty").hidden = true;
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

function drawn(entry) {
  const item = made("li", `entry ${["client", "staff", "bot"].includes(entry.party) ? entry.party : ""}${entry.mine ? " mine" : ""} fresh`);
  item.dataset.seq = entry.seq;
  const by = made("div", "by");
  by.append(made("b", "", entry.author));
  if (entry.party === "client") by.append(made("i", "", "client"));
  const time = made("time", "", entry.time);
  time.title = entry.full;
  by.append(time);
  const words = made("div", "words");
  words.append(...entry.body.blocks.map(block));
  item.append(by, words, ...entry.files.map((name) => made("div", "file", name)));
  if (entry.body.buttons.length) item.append(buttons(entry.body.buttons));
  return item;
}

function block(each) {
  if (each.t !== "items") return filled(made("p"), each.c);
  const points = made("ul");
  points.append(...each.c.map((line) => filled(made("li"), line.c)));
  return points;
}

function filled(parent, nodes) {
  parent.append(...nodes.map(node));
  return parent;
}

/** Text in which no line ends inside a ticket's reference. */
function unbroken(text) {
  const parts = new DocumentFragment();
  parts.append(...text.split(/(\bT-\d+)/).map((part, n) => (n % 2 ? made("span", "whole", part) : part)));
  return parts;
}

function node(each) {
  if (typeof each === "string") return unbroken(each);
  if (each.t === "bold") return filled(made("b"), each.c);
  if (each.t === "code") return made("code", "", each.x);
  if (each.t === "mention") return made("span", "mention", each.x);
  if (each.t === "moment") {
    const time = made("time", "", each.x);
    time.dateTime = time.title = each.a;
    return time;
  }
  if (each.t === "link" && String(each.u).startsWith("https://")) {
    const link = made("a", "", each.x);
    link.href = each.u;
    link.rel = "noopener noreferrer";
    link.target = "_blank";
    return link;
  }
  return document.createTextNode(String(each.x ?? ""));
}

function buttons(labels) {
  const row = made("div", "buttons");
  for (const [label, action] of labels) {
    const button = made("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => press(row, action));
    row.append(button);
  }
  return row;
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

function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
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
