// A conversation as bubbles.

import { clock, make, words, write } from "./parts.js";

/** The status of a reply; `[word, kind, meaning]`. */
export function delivered(delivery) {
  const code = delivery.code ? ` (${delivery.code})` : "";
  const because = delivery.means ? ` ${delivery.means}` : "";
  if (delivery.conflicted) {
    return [`conflicting reports${code}`, "bad", `Reported both as delivered and as failed.${because}`];
  }
  switch (delivery.status) {
    case "sending": return ["sending…", "", "Being handed to the provider."];
    case "unknown": return [`unknown${code}`, "doubt", `It is not known whether it was sent. It is not sent again.${because}`];
    case "accepted": return ["sent, not confirmed", "", "The provider accepted it. That does not show that it arrived."];
    case "sent": return ["sent, with the carrier", "", "The provider passed it on. That does not show that it arrived."];
    case "delivered": return ["delivered", "good", "Its arrival was confirmed."];
    // A text that a provider accepted has an id.
    default: return delivery.message
      ? [`did not arrive${code}`, "bad", delivery.means ?? "The provider reports that it did not reach the person."]
      : [`not sent${code}`, "bad", delivery.means ?? "The provider did not accept it."];
  }
}

/** Why a text was not answered, in words. */
const ASIDE = {
  stopped: "the person has stopped",
  blocked: "the number is blocked",
  country: "that country may not be replied to",
  limit: "the person has reached the limit of replies",
  loop: "the sender seems to be a machine",
  "too many": "too many were waiting",
  "with a person": "you have this conversation",
  thanks: "it only says thanks",
  reaction: "it is only a reaction",
  report: "a delivery report in the form of a text",
  "quiet hours": "there is no hour in which the person may be texted",
  restored: "a backup was restored while it waited",
};

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
        const [word, kind, meaning] = message.delivery ? delivered(message.delivery) : [state, "", ""];
        if (word) parts.push(word);
        if (message.aside) parts.push(`set aside: ${ASIDE[message.aside] ?? message.aside}`);
        write(meta, parts.filter(Boolean).join(" · "));
        meta.dataset.kind = kind;
        meta.title = meaning;
        // A problem is readable without pointing at it.
        const wrong = kind === "bad" || kind === "doubt";
        write(why, wrong ? meaning : "");
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
