// A phone of the mock provider. It calls the same webhooks as any provider, and confirms texts as a
// handset does.

import { call, count, fresh, make, phoneNumber, read, repeat, write } from "./parts.js";
import { segmentsOf } from "./segments.js";
import { threadView } from "./thread.js";

/** The address of ours that phones text. */
const OURS = "mock";

/** The longest text that a provider carries, in characters. */
const LONGEST = 1600;

const KEYWORDS = ["STOP", "START", "HELP"];

/**
 * A phone with this number. Calls `chosen(phone, trace)` whenever its thread changes or a message is
 * chosen; `close` takes it off the page.
 */
export function phone(number, agent, chosen, close) {
  const handset = { number, thread: null, node: null, mark: null };
  const pending = [];
  const confirmed = new Set();
  let posted = Promise.resolve();

  const screen = make("div", { class: "thread", role: "log", "aria-live": "polite", "aria-label": `Messages of ${number}`, tabindex: "0" });
  const view = threadView(screen, (message) => chosen(handset, message.trace));
  const empty = make("p", { class: "empty" }, `Text ${agent} as anybody would. Try “Hi, my kitchen tap drips”.`);
  const stopped = make("p", { class: "stopped", hidden: true });
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  const counter = make("span", { class: "counter" });
  const box = make("textarea", {
    rows: 1, maxlength: LONGEST, placeholder: "Text message", "aria-label": `Text from ${number}`, dir: "auto",
    oninput: measure, onkeydown: onKey, onfocus: () => chosen(handset),
  });
  const button = make("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" });
  const reach = make("input", { type: "checkbox", role: "switch", checked: true, onchange: () => loop.now() });

  handset.node = make("article", { class: "phone", "aria-label": `Phone ${phoneNumber(number)}` },
    make("header", {},
      make("span", { class: "avatar", "aria-hidden": "true" }, agent.slice(0, 1)),
      make("div", { class: "who" }, make("strong", {}, agent), make("span", {}, phoneNumber(number))),
      make("label", { class: "reach", title: "Out of reach, it confirms nothing: replies stay unconfirmed." }, reach, "In reach"),
      make("button", { type: "button", class: "close", "aria-label": `Put ${number} away`, title: "Put away", onclick: () => { loop.stop(); close(handset); } }, "×")),
    screen, empty, stopped,
    make("form", { onsubmit: (event) => { event.preventDefault(); send(box.value); } },
      make("div", { class: "keywords" },
        KEYWORDS.map((word) => make("button", { type: "button", onclick: () => send(word) }, word)), counter),
      problem,
      make("div", { class: "composer" }, box, button)));
  handset.mark = view.mark;
  measure();

  const loop = repeat(async () => {
    const taken = pending.filter((text) => text.taken);
    const thread = await read(`phones/${encodeURIComponent(number)}`);
    if (!thread) return 5000;
    handset.thread = thread;
    taken.forEach(forget);
    show();
    chosen(handset);
    const unconfirmed = reach.checked ? thread.messages.filter(isUnconfirmed) : [];
    await Promise.all(unconfirmed.map(confirm));
    if (unconfirmed.length > 0 || pending.length > 0 || thread.sending) return 400;
    if (thread.waiting > 0) return thread.tries > 1 ? 2000 : 400;
    return 4000;
  });

  function show() {
    const thread = handset.thread;
    if (!thread) return;
    view.show(thread, pending);
    empty.hidden = thread.messages.length + pending.length > 0;
    stopped.hidden = !thread.stopped && !thread.blocked;
    write(stopped, thread.blocked
      ? "Blocked: what this phone texts is counted, not answered."
      : "Stopped: nothing is sent to this phone until it texts START.");
  }

  /** Sends a text after earlier ones. It stays on the screen until the server has it. */
  function send(text) {
    if (text.trim() === "") return;
    const typed = text === box.value;
    if (typed) box.value = "";
    const mine = { id: fresh(), text, at: Date.now(), taken: false };
    pending.push(mine);
    measure();
    show();
    view.end();
    posted = posted.then(async () => {
      const failure = await post({ from: number, to: OURS, text, id: mine.id });
      problem.hidden = failure === null;
      write(problem, failure ?? "");
      mine.taken = failure === null;
      if (failure !== null) {
        forget(mine);
        if (typed && box.value === "") box.value = text;
        measure();
        show();
      }
      loop.now();
    });
  }

  function forget(text) {
    pending.splice(pending.indexOf(text), 1);
  }

  /** Why a text was not accepted, or `null`. */
  async function post(text) {
    try {
      const answer = await call("inbound", text);
      if (!answer.ok) return `Not accepted (${answer.status}). ${await answer.text()}`;
      chosen(handset, answer.headers.get("x-trace-id"));
      return null;
    } catch {
      return "Not accepted: the server does not answer.";
    }
  }

  function isUnconfirmed({ delivery }) {
    return delivery?.provider === "mock" && delivery.status === "accepted" && !confirmed.has(delivery.attempt);
  }

  async function confirm({ delivery: { message, attempt } }) {
    const answer = await call("status", { message, attempt, status: "delivered" });
    if (answer.ok) confirmed.add(attempt);
  }

  function measure() {
    const { segments, left, alphabet } = segmentsOf(box.value);
    const written = box.value === "" ? "" : `${count(segments, "segment")} · ${left} left${alphabet}`;
    write(counter, written);
    button.disabled = box.value.trim() === "";
    box.style.height = "";
    if (box.scrollHeight > box.clientHeight) box.style.height = `${box.scrollHeight}px`;
  }

  function onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send(box.value);
    }
  }

  handset.focus = () => box.focus();
  handset.loop = loop;
  return handset;
}
