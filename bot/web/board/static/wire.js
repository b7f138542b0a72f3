/** Requests of the pages to their own server; every answer brings business time and the unread count along. */

import { adopt } from "./clock.js";

const title = document.title;

/** @returns {Promise<Response>} the answer, unless the session has ended: then the sign-in page is loaded. */
export async function ask(url, options = {}) {
  const answer = await fetch(url, {
    cache: "no-store",
    credentials: "same-origin",
    ...options,
    headers: { "x-pledge": "script", ...options.headers },
  });
  if (answer.status === 401) {
    location.assign("/board/login");
    return new Promise(() => {}); // nothing more happens on this page
  }
  adopt(answer.headers);
  if (answer.headers.has("x-pledge-unread")) badge(Number(answer.headers.get("x-pledge-unread")));
  return answer;
}

/** Posts fields as a form would. @param {string} url @param {Iterable<[string, string]>} fields */
export function post(url, fields) {
  return ask(url, { method: "POST", body: new URLSearchParams([...fields]) });
}

/** What went wrong, in the server's words where it gave any. @param {Response} answer */
export async function problem(answer) {
  try {
    const told = await answer.json();
    return String(told.text ?? told.error ?? "");
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

let hiding = 0;

/** Shows one line for a few seconds. @param {string} text @param {boolean} good */
export function toast(text, good = true) {
  const place = document.getElementById("toast");
  if (!place || !text) return;
  place.textContent = text;
  place.className = good ? "" : "bad";
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, good ? 5000 : 10000);
}

/** @param {number} count */
export function badge(count) {
  const place = document.getElementById("unread");
  if (place) {
    place.hidden = count === 0;
    place.textContent = count > 99 ? "99+" : String(count);
  }
  document.title = count ? `(${count}) ${title}` : title;
}
