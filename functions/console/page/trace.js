// The trace of a message, and the brief of its conversation.

import { clock, count, duration, make, read, repeat, words } from "./parts.js";
import { delivered } from "./thread.js";

/** How many links from a trace to the one that answered it are followed. */
const FOLLOWED = 3;

/** A trace counts as finished after this long without news, in milliseconds. */
const QUIET = 15_000;

/** Shows in `node` the trace given to `look` and the brief of the thread given to `show`. */
export function inspector(node, about) {
  const trace = make("section", { class: "card", "aria-label": "Trace" });
  const brief = make("section", { class: "card", "aria-label": "Brief" });
  node.append(trace, brief);
  let id = null, led = null, drawn = null, drawnBrief = null;
  nothing();
  drawBrief(brief, null, about);

  const loop = repeat(async () => {
    if (!id) return 4000;
    const wanted = id;
    const found = await follow(wanted);
    if (wanted !== id) return 0;
    const picture = JSON.stringify(found);
    if (picture !== drawn) {
      drawn = picture;
      led = found?.trace.id ?? null;
      if (found) draw(trace, found);
      else say("This trace does not exist.");
    }
    const last = found?.trace.steps.at(-1)?.at ?? 0;
    return Date.now() - last < QUIET ? 500 : 5000;
  });

  function nothing() {
    say("Send a text, or choose a message: this shows what happened, step by step.");
  }

  function say(sentence) {
    trace.replaceChildren(heading("Trace"), make("p", { class: "muted" }, sentence));
  }

  return {
    look(trace) {
      if (trace === id) return;
      id = trace;
      led = null;
      drawn = null;
      if (id) loop.now();
      else nothing();
    },
    /** The trace that is displayed: the chosen one, or the one that answered it. */
    shown: () => led ?? id,
    show(thread) {
      const picture = JSON.stringify([thread?.id, thread?.number, thread?.answers, thread?.brief, thread?.ended, thread?.messages.length]);
      if (picture === drawnBrief) return;
      drawnBrief = picture;
      drawBrief(brief, thread, about);
    },
  };
}

/** A trace, or the trace in which its text was answered together with others. */
async function follow(id) {
  let trace = await read(`traces/${id}`);
  let led = false;
  for (let times = 0; trace?.answered_in && times < FOLLOWED; times += 1) {
    const next = await read(`traces/${trace.answered_in}`);
    if (!next) break;
    trace = next;
    led = true;
  }
  return trace && { trace, led };
}

function draw(node, { trace, led }) {
  const ends = trace.steps.map((step) => step.at + (step.took_ms ?? 0));
  const own = trace.steps.map((step, index) => (step.what === "receipt" ? 0 : ends[index]));
  const start = trace.steps[0]?.at ?? 0;
  // A receipt may come hours later, and would make all other bars invisible.
  const span = Math.max(...own, start + 1) - start;
  node.replaceChildren(
    heading("Trace", copy(trace.id)),
    led ? make("p", { class: "muted" }, "Answered together with an earlier text, in this trace.") : "",
    summary(trace, start),
    make("ol", { class: "timeline" }, trace.steps.map((step) => line(step, start, span))),
    trace.attempts.length > 0 ? attempts(trace.attempts) : "");
}

function summary(trace, start) {
  const sum = (name) => trace.steps.reduce((all, step) => all + (step.details?.[name] ?? 0), 0);
  const sent = trace.steps.filter((step) => step.what === "sent").at(-1);
  const model = trace.steps.filter((step) => step.what === "asked the model");
  const last = trace.attempts.at(-1);
  const figures = [
    [sent ? duration(sent.at + (sent.took_ms ?? 0) - start) : "…", "until sent"],
    [model.length ? duration(model.reduce((all, step) => all + (step.took_ms ?? 0), 0)) : "–", "in the model"],
    [sum("tokens_in") > 0 ? `${sum("tokens_in")} → ${sum("tokens_out")}` : "–", "tokens"],
    [cost(trace), "cost"],
    [last ? String(last.segments) : "–", last?.segments === 1 ? "segment" : "segments"],
  ];
  return make("dl", { class: "figures" },
    figures.map(([value, name]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** The sum of what the steps cost, without the zeros at its end. */
function cost(trace) {
  const sum = trace.steps.reduce((all, step) => all + Number(step.details?.cost ?? 0), 0);
  return sum > 0 ? sum.toFixed(6).replace(/0{1,4}$/, "") : "–";
}

function line(step, start, span) {
  const took = step.took_ms ?? 0;
  const offset = Math.min(step.at - start, span);
  const bar = make("span", { class: took > 0 ? "bar" : "bar instant" });
  bar.style.left = `${(offset / span) * 100}%`;
  bar.style.width = `${(Math.min(took, span - offset) / span) * 100}%`;
  const when = step.at - start;
  return make("li", { "data-kind": kind(step) },
    make("span", { class: "what" }, step.what),
    make("span", { class: "track", "aria-hidden": "true" }, bar),
    make("span", { class: "time", title: `${duration(when)} after the start` },
      step.took_ms === undefined ? when < 1 ? "0 ms" : `+${duration(when)}` : duration(took)),
    details(step));
}

/** The kind of a step, which decides its colour. */
function kind(step) {
  const outcome = step.details?.outcome;
  const fine = outcome === undefined || ["answered", "accepted", "found"].includes(outcome);
  if (step.what === "asked the model") return fine ? "model" : "bad";
  if (step.what.startsWith("ran ")) return outcome === "ok" ? "tool" : "bad";
  if (step.what === "sent") return fine ? "sent" : "bad";
  if (step.what === "receipt") return step.details?.code ? "bad" : "sent";
  return "";
}

/** The details of a step. Success has no words: the colour shows it. */
function details(step) {
  const { attempt, outcome, tokens_in, tokens_out, ...rest } = step.details ?? {};
  const parts = Object.entries(rest).filter(([, value]) => value !== 0 && value !== false).map(([name, value]) => {
    if (name.endsWith("_ms")) return `${words(name.slice(0, -3))} ${duration(value)}`;
    return typeof value === "number" ? count(value, words(name).replace(/s$/, "")) : value === true ? words(name) : String(value);
  });
  if (tokens_in > 0) parts.push(`${tokens_in} → ${tokens_out} tokens`);
  if (outcome !== undefined && kind(step) === "bad") parts.push(String(outcome));
  return parts.length > 0 ? make("span", { class: "details" }, parts.join(" · ")) : "";
}

function attempts(all) {
  const row = (attempt) => {
    const [word, kind, meaning] = delivered(attempt);
    const line = make("tr", {},
      make("td", {}, attempt.provider), make("td", {}, count(attempt.segments, "segment")),
      make("td", { "data-kind": kind, title: meaning }, word));
    return attempt.means ? [line, make("tr", {}, make("td", { class: "muted", colspan: 3 }, attempt.means))] : [line];
  };
  return make("table", { class: "attempts" },
    make("caption", {}, all.length === 1 ? "Attempt" : "Attempts"), make("tbody", {}, all.flatMap(row)));
}

function copy(id) {
  const button = make("button", { type: "button", class: "copy", title: `Copy ${id}` }, `${id.slice(0, 8)}…${id.slice(-4)}`);
  const short = button.textContent;
  button.addEventListener("click", async () => {
    // Only a secure page may write to the clipboard. Elsewhere the id can be selected.
    if (!navigator.clipboard) {
      button.replaceWith(make("code", {}, id));
      return;
    }
    await navigator.clipboard.writeText(id);
    button.textContent = "copied";
    setTimeout(() => { button.textContent = short; }, 1200);
  });
  return button;
}

function drawBrief(node, thread, about) {
  if (!thread) {
    node.replaceChildren(heading("Brief"), make("p", { class: "muted" }, "This shows what the agent collects."));
    return;
  }
  const begun = thread.ended.length === 0 || thread.messages.some((message) => message.number === thread.number);
  const names = [...about.fields, ...Object.keys(thread.brief).filter((name) => !about.fields.includes(name))];
  const known = names.filter((name) => name in thread.brief).length;
  const figures = [`${known} of ${names.length}`, `answer ${thread.answers} of ${about.turns}`, price(thread, about)];
  const turns = make("span", { class: "muted" }, figures.filter(Boolean).join(" · "));
  node.replaceChildren(heading("Brief", begun ? turns : ""), begun ? table(thread.brief, names) : "",
    ...thread.ended.toReversed().map((ended, index) => make("details", { class: "ended", open: index === 0 && !begun },
      make("summary", {}, `Conversation ${ended.number}: ${words(ended.ending)}`, make("span", { class: "muted" }, [price(ended, about), clock(ended.at)].filter(Boolean).join(" · "))),
      table(ended.brief, about.fields.filter((name) => name in ended.brief)))));
}

/** What a conversation cost, if anything. */
function price({ cost }, { currency }) {
  return Number(cost) > 0 ? `${cost} ${currency}` : "";
}

function table(brief, names) {
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const row = (name) => make("tr", {}, make("th", { scope: "row" }, words(name)),
    name in brief
      ? make("td", { dir: "auto" }, text(brief[name]))
      : make("td", { class: "muted" }, "not yet"));
  return make("table", { class: "brief" }, make("tbody", {}, names.map(row)));
}

function heading(text, beside) {
  return make("header", {}, make("h2", {}, text), beside);
}
