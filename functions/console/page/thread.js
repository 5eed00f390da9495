// A conversation as bubbles.

import { clock, make, words, write } from "./parts.js";

/** Shows a thread in `node`, and calls `choose` with a message when it is clicked. */
export function threadView(node, choose) {
  const rows = [];
  let chosen = null;
  // A reader at the end stays at the end, whatever grows or shrinks.
  let atEnd = true;
  const toEnd = () => { if (atEnd) node.scrollTop = node.scrollHeight; };
  node.addEventListener("scroll", () => { atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 60; });
  new ResizeObserver(toEnd).observe(node);

  function show(thread, pending = []) {
    const wanted = [...lines(thread), ...pending.map(waitingLine), ...thinking(thread, pending)];
    // Rows keep their nodes, so that a screen reader announces only new ones and a click hits its bubble.
    wanted.forEach((line, index) => {
      const row = rows[index];
      if (row?.kind === line.kind) {
        row.fill(line);
      } else {
        const made = makers[line.kind](choose);
        made.kind = line.kind;
        made.fill(line);
        if (row) row.node.replaceWith(made.node);
        else node.append(made.node);
        rows[index] = made;
      }
    });
    rows.splice(wanted.length).forEach((row) => row.node.remove());
    mark(chosen);
    toEnd();
  }

  /** Highlights the bubbles of a trace. */
  function mark(trace) {
    chosen = trace;
    for (const row of rows) {
      row.node.querySelector("button")?.setAttribute("aria-pressed", String(trace !== null && row.trace === trace));
    }
  }

  /** Goes to the end and stays there. */
  function end() {
    atEnd = true;
    toEnd();
  }

  return { show, mark, end };
}

/** The messages of a thread, with a line at the end of each conversation. */
function lines(thread) {
  const all = [];
  let number = null;
  for (const message of thread.messages) {
    if (number !== null && message.number !== number) all.push(...over(thread, number));
    number = message.number;
    all.push({ kind: message.who === "note" ? "note" : "bubble", message, thread });
  }
  if (number !== null && number < thread.number) all.push(...over(thread, number));
  return all;
}

function over(thread, number) {
  const ended = thread.ended.find((ended) => ended.number === number);
  return ended ? [{ kind: "over", text: `Conversation ${number}: ${words(ended.ending)}` }] : [];
}

function waitingLine(pending) {
  const message = { who: "person", text: pending.text, at: pending.at, trace: null, delivery: null };
  return { kind: "bubble", message, state: "sending…" };
}

function thinking(thread, pending) {
  if (thread.stopped || thread.blocked || thread.waits_until) return [];
  if (thread.tries > 1 && thread.waiting > 0) {
    return [{ kind: "over", text: "The model does not answer. It is tried again until it does." }];
  }
  return thread.waiting > 0 || pending.length > 0 ? [{ kind: "thinking" }] : [];
}

const makers = {
  bubble(choose) {
    const body = make("span", { class: "said", dir: "auto" });
    const meta = make("span", { class: "meta" });
    const why = make("span", { class: "meta" });
    const button = make("button", { type: "button", class: "bubble" }, body);
    const node = make("div", { class: "row" }, button, meta, why);
    const row = {
      node,
      fill({ message, state }) {
        row.trace = message.trace;
        node.dataset.who = message.who;
        button.disabled = !message.trace;
        button.onclick = () => choose(message);
        write(body, message.text);
        const parts = [message.at ? clock(message.at) : ""];
        if (message.who === "product") parts.push("in our own name");
        if (message.who === "business") parts.push("by hand");
        if (message.delivery && message.delivery.provider !== "mock") parts.push(`by ${message.delivery.provider}`);
        const { word, tone, means } = message.delivery?.reached ?? { word: state, tone: "open", means: "" };
        if (word) parts.push(word);
        if (message.aside) parts.push(`set aside: ${message.aside}`);
        write(meta, parts.filter(Boolean).join(" · "));
        meta.dataset.tone = tone;
        // A problem is readable without pointing at it.
        const wrong = tone === "bad" || tone === "doubt";
        write(why, wrong ? means : "");
        why.hidden = !wrong;
      },
    };
    return row;
  },
  note() {
    const text = make("span", { dir: "auto" });
    const node = make("p", { class: "note" }, "Told to the agent: ", text);
    return { node, fill: ({ message }) => write(text, message.text) };
  },
  over() {
    const node = make("p", { class: "over" });
    return { node, fill: ({ text }) => write(node, text) };
  },
  thinking() {
    const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
    const node = make("div", { class: "row", "data-who": "agent" },
      make("div", { class: "bubble typing" }, dots, make("span", { class: "unseen" }, "The agent is thinking")));
    return { node, fill() {} };
  },
};
