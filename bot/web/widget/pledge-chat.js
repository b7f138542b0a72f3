// @ts-check
/**
 * The client's chat as a custom element: <pledge-chat token-url="/pledge-token"></pledge-chat>.
 * No framework, no build step. Foreign words become text nodes and nothing else.
 *
 * @typedef {{seq: number, party: string, author: string, mine: boolean, id: string | null, at: string,
 *   body: {blocks: any[], buttons: [string, string][]}, ticket: string | null}} Message
 * @typedef {{id: string, text: string, reply: number | null}} Unsent
 */

const WORDS = {
  en: {
    write: "Write a message", send: "Send", log: "Conversation", earlier: "Show earlier messages", reply: "Reply",
    cancel: "Cancel", sending: "sending", failed: "Not sent", again: "Try again", offline: "Reconnecting. What you write is kept.",
    quiet: "Nothing open. Write at any time.", commitment: "{who} answers by {at}", target: "{who} aims to answer by {at}",
    late: "Answer was due {at}", held: "Waiting for {who}", you: "your answer", fix: "{who} expects the fix by {at}", answered: "{who} has it",
    in: "in {t}", ago: "{t} late", now: "due now", simulated: "simulated time", team: "The team", d: "d", h: "h", min: "min", s: "s",
  },
  ru: {
    write: "Напишите сообщение", send: "Отправить", log: "Переписка", earlier: "Показать более ранние", reply: "Ответить",
    cancel: "Отменить", sending: "отправляется", failed: "Не отправлено", again: "Повторить", offline: "Соединяемся. Написанное сохранится.",
    quiet: "Открытых вопросов нет. Пишите в любое время.", commitment: "{who} ответит до {at}", target: "{who} постарается ответить до {at}",
    late: "Ответ ожидался к {at}", held: "Ждём: {who}", you: "ваш ответ", fix: "{who}: решение ожидается к {at}", answered: "{who} занимается вопросом",
    in: "через {t}", ago: "опоздание {t}", now: "срок наступил", simulated: "условное время", team: "Команда", d: "дн", h: "ч", min: "мин", s: "с",
  },
};

const CSS = `
:host{--a:var(--pledge-accent,#2a5bd7);--bg:#fff;--fg:#1a1d21;--dim:#666d76;--line:#e4e7eb;--soft:#f3f5f7;--warn:#a3480f;
display:block;height:100%;min-height:20rem;color-scheme:light dark;background:var(--bg);color:var(--fg);
font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){:host{--a:var(--pledge-accent,#8fabff);--bg:#16181c;--fg:#e8eaed;--dim:#989fa9;--line:#2b2f36;--soft:#20242a;--warn:#f0a36b}}
*{box-sizing:border-box}ol,ul,p{margin:0;padding:0;list-style:none}button,textarea{font:inherit;color:inherit}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
main{display:grid;grid-template-rows:auto 1fr auto;height:100%;min-height:inherit}
header{padding:12px 18px;border-bottom:1px solid var(--line)}
.now{display:flex;align-items:baseline;gap:10px}.now::before{content:"";flex:none;width:8px;height:8px;border-radius:50%;background:var(--dim)}
.now[data-s=running]::before,.now[data-s=answered]::before{background:var(--a)}.now[data-s=late]::before{background:var(--warn)}
.what{flex:1;font-weight:600}.left{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--a);font-weight:600}
[data-s=quiet] .what,[data-s=held] .what{font-weight:400}[data-s=late] .left{color:var(--warn)}
.sub,time,.tag{font-size:12px;color:var(--dim);font-variant-numeric:tabular-nums}.sub{padding-left:18px}
.scroll{overflow-y:auto;padding:4px 18px 16px;overscroll-behavior:contain}
.day{margin:18px 0 6px;text-align:center;font-size:12px;color:var(--dim)}
.msg{display:grid;grid-template-columns:30px minmax(0,max-content);column-gap:10px;margin-top:16px;max-width:42rem}
.msg>*{grid-column:2}.who{display:flex;gap:8px;align-items:baseline;min-width:0}.who b{font-weight:600}
.face{grid-column:1;grid-row:1/9;width:30px;height:30px;border-radius:50%;display:grid;place-items:center;font-size:11px;font-weight:600;
background:var(--soft);color:var(--dim)}.staff .face{background:var(--fg);color:var(--bg)}.bot .face{border-radius:9px;background:var(--a);color:var(--bg);font-size:14px}
.text{justify-self:start;margin-top:3px;padding:8px 13px;border-radius:4px 14px 14px;background:var(--soft);white-space:pre-wrap}
.bot .text{background:none;border:1px solid var(--line);border-left:3px solid var(--a);border-radius:3px 14px 14px 3px}
.mine{grid-template-columns:minmax(0,max-content);justify-content:end;margin-left:auto;max-width:85%}.mine>*{grid-column:1}.mine .face,.mine b{display:none}
.mine .who{justify-self:end}.mine .text{justify-self:end;border-radius:14px 4px 14px 14px;background:color-mix(in srgb,var(--a) 15%,var(--bg))}
.more{margin-top:3px}.more .face{visibility:hidden;height:0}.more .who{display:none}
li li{padding-left:14px;position:relative}li li::before{content:"•";position:absolute;left:2px;color:var(--dim)}
code{font:12.5px ui-monospace,Menlo,Consolas,monospace;background:color-mix(in srgb,var(--dim) 16%,transparent);border-radius:4px;padding:1px 4px}
.text time{font:inherit;color:inherit;font-weight:600}a,.at{color:var(--a)}
.acts:empty,.note:empty,.sub:empty{display:none}.acts{display:flex;flex-wrap:wrap;gap:6px;margin-top:7px}
.acts button,.link{border:1px solid var(--line);border-radius:8px;background:var(--bg);padding:4px 12px;cursor:pointer;font-weight:500}
.acts button:hover:enabled{border-color:var(--a);color:var(--a)}.acts button:disabled{opacity:.5;cursor:default}
.link{border:0;padding:0;background:none;color:var(--a);font-size:12px}.note{font-size:12px;color:var(--dim)}
.ref{white-space:nowrap}.re{opacity:0}.msg:hover .re,.re:focus-visible{opacity:1}.earlier{display:block;margin:12px auto 0}
form{display:grid;grid-template-columns:1fr auto;gap:8px;padding:12px 18px 16px;border-top:1px solid var(--line)}
form .sub{grid-column:1/3;padding:0;display:flex;gap:10px}[hidden]{display:none!important}
textarea{resize:none;max-height:9rem;field-sizing:content;padding:8px 13px;border:1px solid var(--line);border-radius:12px;background:var(--bg)}
textarea:focus{outline:2px solid var(--a);outline-offset:-1px}
.send{align-self:end;width:38px;height:38px;border:0;border-radius:50%;background:var(--a);color:var(--bg);font-size:18px;line-height:1;cursor:pointer}
.send:disabled{background:var(--line);color:var(--dim);cursor:default}`;

/** An element; strings among the children become text nodes. @param {string} tag @param {any[]} kids @returns {any} */
const el = (tag, set = {}, ...kids) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(set)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...kids);
  return made;
};
/** Text in which no line ends inside a ticket's reference. */
const whole = (/** @type {string} */ text) => {
  const made = new DocumentFragment();
  made.append(...text.split(/(\bT-\d+)/).map((part, n) => (n % 2 ? el("span", { class: "ref" }, part) : part)));
  return made;
};
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

class PledgeChat extends HTMLElement {
  /** Instead of token-url: a function that fetches a fresh signed token. @type {(() => Promise<string>) | null} */
  getToken = null;
  #alive = new AbortController();
  /** @type {any} */ #session = null;
  /** @type {Promise<any> | null} */ #entering = null;
  #me = "";
  #cursor = 0;
  #first = 0;
  /** Not confirmed yet, in order. @type {Map<string, Unsent>} */ #unsent = new Map();
  /** Shown before the stream brought them. @type {Map<string, any>} */ #bubbles = new Map();
  #flushing = false;
  /** @type {any} */ #status = null;
  #clock = { at: Date.now(), since: performance.now(), speed: 1 };
  /** @type {number | null} */ #reply = null;
  /** @type {Message | null} */ #last = null;
  /** @type {any} */ #ui;

  connectedCallback() {
    this.#alive = new AbortController();
    if (!this.#ui) this.#build();
    const { signal } = this.#alive;
    const tick = setInterval(() => this.#showStatus(), 500);
    signal.addEventListener("abort", () => clearInterval(tick));
    this.#follow(signal);
  }

  disconnectedCallback() {
    this.#alive.abort();
  }

  get #server() {
    return new URL(this.getAttribute("server") || new URL("/", import.meta.url), location.href).href.replace(/\/$/, "");
  }

  get #locale() {
    const asked = this.getAttribute("locale") || this.#session?.locale || navigator.language;
    return navigator.languages.find((each) => each.startsWith(asked + "-")) || asked; // "en" says nothing of 9:30 or 09:30
  }

  /** The zone the product knows its user in, else the browser's; a name that the browser does not know is none. */
  get #zone() {
    const asked = this.getAttribute("zone") || undefined;
    try {
      return new Intl.DateTimeFormat("en", { timeZone: asked }).resolvedOptions().timeZone;
    } catch {
      return Intl.DateTimeFormat().resolvedOptions().timeZone;
    }
  }

  /** @param {string} key @param {Record<string, string>} values */
  #say(key, values = {}) {
    const words = /** @type {any} */ (WORDS)[this.#locale.slice(0, 2)] || WORDS.en;
    return words[key].replace(/\{(\w+)\}/g, (/** @type {any} */ _, /** @type {string} */ name) => values[name]);
  }

  #build() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const ui = (this.#ui = {
      what: el("span", { class: "what", role: "status" }), left: el("span", { class: "left" }), sub: el("p", { class: "sub", role: "status" }),
      acts: el("div", { class: "acts" }), list: el("ol"), unsent: el("ol"), text: el("textarea", { rows: 1 }),
      send: el("button", { class: "send", disabled: true }, "↑"), earlier: el("button", { class: "link earlier", hidden: true, click: () => this.#earlier() }),
      reply: el("p", { class: "sub", hidden: true }),
    });
    ui.now = el("div", { class: "now" }, ui.what, ui.left);
    ui.scroll = el("div", { class: "scroll", role: "log", "aria-live": "polite", tabindex: 0 }, ui.earlier, ui.list, ui.unsent);
    const submit = (/** @type {Event} */ event) => (event.preventDefault(), this.#send());
    ui.text.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && submit(e));
    ui.text.addEventListener("input", () => (ui.send.disabled = !ui.text.value.trim()));
    root.append(el("main", {}, el("header", {}, ui.now, ui.sub, ui.acts), ui.scroll, el("form", { submit }, ui.reply, ui.text, ui.send)));
    this.#label();
  }

  #label() {
    const { text, send, scroll, earlier } = this.#ui;
    this.lang = this.#locale;
    text.placeholder = this.#say("write");
    for (const [node, key] of [[text, "write"], [send, "send"], [scroll, "log"]]) node.setAttribute("aria-label", this.#say(key));
    earlier.textContent = this.#say("earlier");
  }

  // The connection: a session by a signed token, the history once, then a stream that resumes at the last seq.

  async #follow(/** @type {AbortSignal} */ signal) {
    for (let tries = 0; !signal.aborted; ) {
      try {
        await this.#enter();
        if (!this.#cursor) await this.#history();
        const response = await this.#call("/inapp/stream?since=" + this.#cursor, { signal });
        this.#online(true);
        tries = 0;
        this.#flush();
        if ((await this.#read(response, signal)) === "session") {
          this.#session = null;
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
      }
      this.#online(false);
      await this.#pause(tries++, 0);
    }
  }

  /** The reason the server gave for the end; throws where the connection broke or fell silent. */
  async #read(/** @type {Response} */ response, /** @type {AbortSignal} */ signal) {
    const reader = /** @type {ReadableStream} */ (response.body).pipeThrough(new TextDecoderStream()).getReader();
    const stop = () => reader.cancel().catch(() => {});
    signal.addEventListener("abort", stop, { once: true });
    for (let buffer = ""; ; ) {
      const watchdog = setTimeout(stop, 45000);
      const { value, done } = await reader.read().finally(() => clearTimeout(watchdog));
      if (done) throw new Error("stream ended");
      const events = (buffer + value).split("\n\n");
      buffer = /** @type {string} */ (events.pop());
      for (const event of events) {
        const kind = event.match(/^event: (.+)$/m)?.[1];
        const data = JSON.parse(event.match(/^data: (.+)$/m)?.[1] ?? "null");
        if (kind === "message") this.#add([data]);
        if (kind === "status") this.#take(data);
        if (kind === "end") return stop(), data.reason;
      }
    }
  }

  #enter() {
    if (this.#session) return Promise.resolve(this.#session);
    return (this.#entering ??= this.#open().finally(() => (this.#entering = null)));
  }

  async #open() {
    const asked = this.#token().then((token) => ok(fetch(this.#server + "/inapp/session", post({ token }))));
    const session = await (await asked.catch(({ wait }) => Promise.reject({ wait }))).json();
    this.#session = session;
    if (this.#me !== session.me.id) this.#become(session.me.id);
    this.#label();
    this.#take(session.status);
    return session;
  }

  async #token() {
    if (this.getToken) return this.getToken();
    const answer = await (await ok(fetch(this.getAttribute("token-url") || "", { credentials: "include", cache: "no-store" }))).text();
    return answer.trim().startsWith("{") ? JSON.parse(answer).token : answer.trim();
  }

  /** Another person in the same tab sees nothing of the one before, and sends nothing of theirs. */
  #become(/** @type {string} */ me) {
    const written = this.#me ? [] : [...this.#unsent.values()];
    this.#me = me;
    this.#cursor = this.#first = 0;
    this.#last = null;
    this.#unsent.clear();
    this.#bubbles.clear();
    for (const list of [this.#ui.list, this.#ui.unsent]) list.replaceChildren();
    for (const each of [...JSON.parse(sessionStorage.getItem(this.#key) || "[]"), ...written]) this.#queue(each);
  }

  get #key() {
    return `pledge-chat ${this.#server} ${this.#me}`;
  }

  async #call(/** @type {string} */ path, /** @type {RequestInit} */ init = {}) {
    const session = await this.#enter();
    const headers = { ...init.headers, authorization: "Bearer " + session.session };
    return ok(fetch(this.#server + path, { cache: "no-store", ...init, headers })).catch((error) => {
      if (error.status === 401 && this.#session === session) this.#session = null;
      throw error;
    });
  }

  async #history() {
    const { messages, more } = await (await this.#call("/inapp/history?limit=50")).json();
    this.#add(messages);
    this.#first = messages[0]?.seq ?? 0;
    this.#ui.earlier.hidden = !more;
  }

  async #earlier() {
    const { list, scroll, earlier } = this.#ui;
    const { messages, more } = await (await this.#call("/inapp/history?limit=50&before=" + this.#first)).json();
    earlier.hidden = !more;
    if (!messages.length) return;
    const height = scroll.scrollHeight;
    if (list.firstChild?.dataset.day === this.#day(messages.at(-1).at)) list.firstChild.remove();
    list.prepend(...this.#items(messages, null));
    scroll.scrollTop += scroll.scrollHeight - height;
    this.#first = messages[0].seq;
  }

  // What is shown.

  /** @param {Message[]} messages */
  #add(messages) {
    const fresh = messages.filter((m) => m.seq > this.#cursor);
    if (!fresh.length) return;
    this.#keepEnd(() => {
      for (const { id } of fresh) if (id) this.#drop(id);
      this.#ui.list.append(...this.#items(fresh, this.#last));
    }, !this.#cursor);
    this.#last = /** @type {Message} */ (fresh.at(-1));
    this.#cursor = this.#last.seq;
  }

  /** Whoever reads the end goes on reading the end; whoever reads higher up is left there. */
  #keepEnd(/** @type {() => void} */ change, always = false) {
    const { scroll } = this.#ui;
    const follow = always || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    change();
    if (follow) scroll.scrollTop = scroll.scrollHeight;
  }

  /** Messages in order, with a line for every new day. @param {Message[]} messages @param {Message | null} before */
  #items(messages, before) {
    const items = [];
    for (const m of messages) {
      const sameDay = before !== null && this.#day(before.at) === this.#day(m.at);
      if (!sameDay) items.push(el("li", { class: "day", "data-day": this.#day(m.at) }, this.#time(m.at, { weekday: "long", day: "numeric", month: "long" })));
      const close = sameDay && +new Date(m.at) - +new Date(before.at) < 300000;
      items.push(this.#item(m, close && before.author === m.author && before.party === m.party));
      before = m;
    }
    return items;
  }

  /** @param {Message} m @param {boolean} more of the same author's @param {any[]} extra */
  #item(m, more, ...extra) {
    const face = m.party === "bot" ? "✓" : m.author.split(/\s+/).map((word) => [...word][0]).slice(0, 2).join("");
    const reply = () => this.#answer(m);
    const head = el("div", { class: "who" }, el("b", {}, m.author), el("time", { datetime: m.at }, this.#time(m.at, CLOCK)));
    if (m.ticket) head.append(el("span", { class: "tag" }, m.ticket));
    if (m.seq && !m.mine) head.append(el("button", { class: "link re", click: reply }, this.#say("reply")));
    const text = el("div", { class: "text" }, ...m.body.blocks.map((block) => this.#block(block)));
    const kind = `msg ${m.party}${m.mine ? " mine" : ""}${more ? " more" : ""}`;
    return el("li", { class: kind }, el("span", { class: "face", "aria-hidden": "true" }, face), head, text, ...this.#buttons(m.body.buttons), ...extra);
  }

  #block(/** @type {any} */ { t, c }) {
    if (t === "items") return el("ul", {}, ...c.map((/** @type {any} */ line) => el("li", {}, ...line.c.map(this.#node))));
    return el("p", {}, ...(c.length ? c.map(this.#node) : ["\u200b"]));
  }

  /** @param {any} n @returns {Node | string} */
  #node = (n) => {
    if (typeof n === "string") return whole(n);
    if (n.t === "bold") return el("b", {}, ...n.c.map(this.#node));
    if (n.t === "code") return el("code", {}, n.x);
    if (n.t === "mention") return el("span", { class: "at" }, "@" + n.x);
    if (n.t === "moment") return el("time", { datetime: n.a, title: n.x }, this.#moment(n.a, true, n.e));
    if (n.t === "link" && /^https:\/\//i.test(n.u)) return el("a", { href: n.u, target: "_blank", rel: "noopener noreferrer" }, n.x);
    if (n.t === "link" && n.u.startsWith("/calls/")) return el("a", { href: this.#server + n.u, download: "" }, n.x);
    return String(n.x ?? "");
  };

  #buttons(/** @type {[string, string][]} */ buttons) {
    if (!buttons?.length) return [];
    const note = el("div", { class: "note", role: "status" });
    const tell = (/** @type {(string | Node)[]} */ ...shown) => this.#keepEnd(() => note.replaceChildren(...shown));
    const press = async (/** @type {any} */ button, /** @type {string} */ action) => {
      button.disabled = true;
      const id = newId();
      for (let tries = 0; ; ) {
        try {
          const { body } = await (await this.#call("/inapp/press", post({ action, press_id: id }))).json();
          return tell(...(body?.blocks ?? []).map((/** @type {any} */ block) => this.#block(block)));
        } catch (/** @type {any} */ error) {
          if (final(error) || tries === 5) return (button.disabled = false), tell(this.#say("failed"));
          await this.#pause(tries++, error.wait);
        }
      }
    };
    const made = buttons.map(([label, action]) => el("button", { type: "button", click: (/** @type {Event} */ e) => press(e.currentTarget, action) }, label));
    return [el("div", { class: "acts" }, ...made), note];
  }

  #time(/** @type {string | number} */ at, /** @type {Intl.DateTimeFormatOptions} */ form) {
    return new Intl.DateTimeFormat(this.#locale, { ...form, timeZone: this.#zone }).format(new Date(at));
  }

  #day(/** @type {string | number} */ at) {
    return this.#time(at, { year: "numeric", month: "numeric", day: "numeric" });
  }

  /** In the reader's zone, with `until` to there; the day only where it is another. */
  #moment(/** @type {string} */ at, zoned = false, until = at) {
    const far = this.#day(at) !== this.#day(this.#now());
    const form = /** @type {const} */ ({ ...CLOCK, timeZone: this.#zone, ...(far && { weekday: "short", day: "numeric", month: "short" }), ...(zoned && { timeZoneName: "short" }) });
    return new Intl.DateTimeFormat(this.#locale, form).formatRange(new Date(at), new Date(until));
  }

  /** Business time: it may be simulated, and faster than ours. */
  #now() {
    return this.#clock.at + (performance.now() - this.#clock.since) * this.#clock.speed;
  }

  #take(/** @type {any} */ status) {
    this.#clock = { at: +new Date(status.now), since: performance.now(), speed: status.speed ?? 1 };
    const { acts } = this.#ui;
    const buttons = JSON.stringify(status.buttons ?? []);
    if (acts.dataset.of !== buttons) acts.replaceChildren(...this.#buttons(status.buttons));
    acts.dataset.of = buttons;
    this.#status = status;
    this.#keepEnd(() => this.#showStatus()); // a longer status line leaves the list less room
  }

  #showStatus() {
    if (!this.#status) return;
    const { state, kind, who, due_at, eta_at, held_for, speed, simulated } = this.#status;
    const moment = state === "running" || state === "late" ? due_at : state === "answered" ? eta_at : null;
    const left = moment ? +new Date(moment) - this.#now() : 0;
    const key = state === "running" ? (kind === "commitment" ? kind : "target") : state === "answered" && eta_at ? "fix" : ["late", "held", "answered"].includes(state) ? state : "quiet";
    const name = state === "held" ? (held_for === "client" ? this.#say("you") : held_for) : who || this.#say("team");
    const show = (/** @type {any} */ node, /** @type {string} */ text) => node.textContent === text || (node.textContent = text);
    const abroad = this.#zone !== Intl.DateTimeFormat().resolvedOptions().timeZone; // then the clock on the wall says otherwise
    show(this.#ui.what, this.#say(key, { who: name, at: moment ? this.#moment(moment, abroad) : "" }));
    const words = this.#span(Math.abs(left >= 600000 ? left + 10000 : left)); // an hour promised just now is read as one
    show(this.#ui.left, !moment ? "" : left > 0 ? this.#say("in", { t: words }) : state === "late" ? this.#say("ago", { t: words }) : this.#say("now"));
    const offline = this.#ui.now.dataset.offline ? this.#say("offline") : "";
    show(this.#ui.sub, [offline, simulated || (speed ?? 1) !== 1 ? this.#say("simulated") : ""].filter(Boolean).join(" · "));
    this.#ui.now.dataset.s = state;
  }

  #span(/** @type {number} */ ms) {
    const min = Math.floor(ms / 60000);
    const pairs = min >= 2880 ? [[(min / 1440) | 0, "d"], [((min % 1440) / 60) | 0, "h"]] : min ? [[(min / 60) | 0, "h"], [min % 60, "min"]] : [[Math.floor(ms / 1000), "s"]];
    return pairs.filter(([n]) => n).map(([n, unit]) => `${n}\u00a0${this.#say(String(unit))}`).join(" ") || `0\u00a0${this.#say("s")}`;
  }

  #online(/** @type {boolean} */ yes) {
    this.#ui.now.dataset.offline = yes ? "" : "1";
    this.#showStatus();
  }

  // Writing: every message keeps its id until the server has confirmed it, over broken lines and reloads.

  #answer(/** @type {Message | null} */ m) {
    const { reply, text } = this.#ui;
    this.#reply = m && m.seq;
    reply.hidden = !m;
    if (m) reply.replaceChildren(`${this.#say("reply")}: ${m.author}`, el("button", { type: "button", class: "link", click: () => this.#answer(null) }, this.#say("cancel")));
    text.focus();
  }

  #send() {
    const { text, send } = this.#ui;
    if (!text.value.trim()) return;
    this.#keepEnd(() => this.#queue({ id: newId(), text: text.value, reply: this.#reply }), true);
    text.value = "";
    send.disabled = true;
    this.#answer(null);
    this.#flush();
  }

  #queue(/** @type {Unsent} */ { id, text, reply }) {
    const body = { blocks: text.split("\n").map((line) => ({ t: "line", c: line ? [line] : [] })), buttons: [] };
    const at = new Date(this.#now()).toISOString();
    const note = el("p", { class: "note", role: "status" }, this.#say("sending"));
    const item = this.#item({ seq: 0, party: "client", author: "", mine: true, id, at, body, ticket: null }, false, note);
    this.#ui.unsent.append(item);
    this.#bubbles.set(id, item);
    this.#unsent.set(id, { id, text, reply });
    this.#keep();
  }

  #drop(/** @type {string} */ id) {
    this.#bubbles.get(id)?.remove();
    this.#bubbles.delete(id);
    this.#confirm(id);
  }

  #confirm(/** @type {string} */ id) {
    if (this.#unsent.delete(id)) this.#keep();
  }

  #keep() {
    if (this.#me) sessionStorage.setItem(this.#key, JSON.stringify([...this.#unsent.values()]));
  }

  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    const { signal } = this.#alive;
    for (let tries = 0; this.#unsent.size && !signal.aborted; ) {
      await this.#enter().catch(() => {});
      const [first] = this.#unsent.values(); // after entering: the person may have changed
      if (!first) break;
      const { id, text, reply } = first;
      const note = this.#bubbles.get(id).querySelector(".note");
      try {
        await this.#call("/inapp/messages", post({ client_msg_id: id, text, ...(reply && { reply_to: reply }) }));
        note.textContent = ""; // the bubble stays until the stream brings the message
        this.#confirm(id);
        tries = 0;
      } catch (/** @type {any} */ error) {
        if (final(error)) {
          this.#confirm(id);
          const again = () => (this.#drop(id), this.#queue({ id: newId(), text, reply }), this.#flush());
          note.replaceChildren(this.#say("failed") + " · ", el("button", { type: "button", class: "link", click: again }, this.#say("again")));
        } else await this.#pause(tries++, error.wait);
      }
    }
    this.#flushing = false;
  }

  /** Backoff with jitter; ends early when the line comes back. */
  #pause(/** @type {number} */ tries, /** @type {number} */ wait) {
    const ms = Math.max((wait || 0) * 1000, Math.min(30000, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      for (const [where, event] of [[window, "online"], [this.#alive.signal, "abort"]]) /** @type {any} */ (where).addEventListener(event, () => (clearTimeout(timer), done(null)), { once: true });
    });
  }
}

/** @type {Intl.DateTimeFormatOptions} */ const CLOCK = { hour: "2-digit", minute: "2-digit" };
const post = (/** @type {any} */ data) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data) });
const final = (/** @type {any} */ error) => [400, 403, 413, 415].includes(error.status);

/** The response if it is one of success, else an error with its status and how many seconds to wait. */
async function ok(/** @type {Promise<Response>} */ asked) {
  const response = await asked;
  if (!response.ok) throw Object.assign(new Error("HTTP " + response.status), { status: response.status, wait: Number(response.headers.get("retry-after")) });
  return response;
}

if (!customElements.get("pledge-chat")) customElements.define("pledge-chat", PledgeChat);
