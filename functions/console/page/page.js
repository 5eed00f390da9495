// The page: the facts at the top, the open view, and the chosen message.

import { act, clock, count, make, phoneNumber, read, repeat, words, write } from "./parts.js";
import { phone } from "./phone.js";
import { threadView } from "./thread.js";
import { inspector } from "./trace.js";

/** The phones' numbers: +1 202 555 0101 to 0199, which belong to nobody. */
const FIRST = 101, LAST = 199;

/** The state of a conversation, in words. */
const STATES = {
  thinking: "agent thinking",
  sending: "reply on its way",
  quiet: "waits for the morning",
  stuck: "model does not answer",
  theirs: "their turn",
  over: "over",
  handed_over: "with you",
};

const main = document.getElementById("main");
const views = Object.fromEntries([...main.querySelectorAll("section")].map((view) => [view.id, view]));

const [about, session] = await load();
document.title = `${about.agent} · textback console`;
document.getElementById("facts").append(...facts());
const behind = inspector(document.getElementById("inspector"), about);
const open = { phones: about.mock ? phones() : null, conversations: conversations(), attention: attention(), limits: limits() };
if (!about.mock) document.querySelector("nav a[href='#phones']").remove();
addEventListener("hashchange", route);
route();

/** What the server says about itself and us, however long it takes to answer. */
async function load() {
  for (;;) {
    try {
      return await Promise.all([read("about"), read("session")]);
    } catch {
      await new Promise((later) => setTimeout(later, 1000));
    }
  }
}

/** What is real and what is mock. */
function facts() {
  const real = about.providers.filter((name) => name !== "mock");
  const fact = (pretended, ...words) => make("span", { class: pretended ? "fact pretended" : "fact" }, ...words);
  const model = about.model_offline
    ? fact(true, make("b", {}, "Offline model"), ": set ", make("code", {}, "OPENAI_API_KEY"), " for the real one.")
    : fact(false, "Model ", make("b", {}, about.model), ".");
  const sending = real.length > 0 ? [fact(false, "Real texts through ", make("b", {}, real.join(", ")), ".")] : [];
  const pretended = about.mock ? [fact(true, make("b", {}, "Mock phone network"), real.length > 0 ? ": these phones are not real." : ": nothing is sent.")] : [];
  const store = fact(false, about.store === "firestore" ? "Kept in Firestore." : "Kept on this machine.");
  return [model, ...sending, ...pretended, store, ...(session.signs_out ? [who()] : [])];
}

/** Who has signed in, and the way out. */
function who() {
  const out = make("button", { type: "button", class: "link", onclick: async () => { await act("sign-out"); location.reload(); } }, "Sign out");
  return make("span", { class: "fact" }, make("b", {}, session.operator), " ", out);
}

function route() {
  const [name, id] = location.hash.slice(1).split("/");
  const fallback = about.mock ? "phones" : "conversations";
  const view = views[name] && (name !== "phones" || about.mock) ? name : fallback;
  for (const [name, section] of Object.entries(views)) section.hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.hash === `#${view}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (document.body.dataset.view !== view) scrollTo(0, 0);
  document.body.dataset.view = view;
  open[view]?.enter(id ?? null);
}

function phones() {
  const shelf = make("div", { class: "shelf" });
  const add = make("button", { type: "button", class: "add", onclick: () => put(next(), true) }, make("span", { "aria-hidden": "true" }, "+"), "Add a phone");
  shelf.append(add);
  views.phones.append(shelf);
  const all = [];
  let current = null, trace = null;
  for (const number of remembered()) put(number, false);

  function put(number, focus) {
    const handset = phone(number, about.agent, chosen, away);
    all.push(handset);
    add.before(handset.node);
    remember();
    if (focus) {
      handset.node.scrollIntoView({ behavior: "smooth", inline: "nearest", block: "nearest" });
      handset.focus();
    }
  }

  /** Called with the trace of a message when it is sent or clicked, and without one when a phone has news. */
  function chosen(handset, wanted) {
    const touched = wanted !== undefined || handset.node.contains(document.activeElement);
    if (touched || current === null) {
      if (current !== handset) trace = null;
      current = handset;
    }
    if (current !== handset) return;
    if (wanted !== undefined) trace = wanted;
    trace ??= handset.thread?.messages.findLast((message) => message.trace)?.trace ?? null;
    for (const other of all) other.node.classList.toggle("current", other === current && all.length > 1);
    if (document.body.dataset.view === "phones") enter();
  }

  function away(handset) {
    handset.node.remove();
    all.splice(all.indexOf(handset), 1);
    remember();
    if (current === handset) {
      current = all[0] ?? null;
      trace = null;
      if (current) chosen(current);
      else enter();
    }
  }

  function next() {
    const used = new Set(all.map((handset) => handset.number));
    for (let last = FIRST; last <= LAST; last += 1) {
      if (!used.has(`+12025550${last}`)) return `+12025550${last}`;
    }
    return `+12025550${LAST}`;
  }

  function remember() {
    localStorage.setItem("phones", JSON.stringify(all.map((handset) => handset.number)));
    add.hidden = all.length > LAST - FIRST;
  }

  function remembered() {
    try {
      const numbers = JSON.parse(localStorage.getItem("phones"));
      const ours = numbers.filter((number) => /^\+120255501\d\d$/.test(number));
      return ours.length > 0 ? ours : [`+12025550${FIRST}`];
    } catch {
      return [`+12025550${FIRST}`];
    }
  }

  function enter() {
    behind.look(trace);
    behind.show(current?.thread ?? null);
    for (const handset of all) handset.mark(handset === current ? behind.shown() : null);
  }

  return { enter };
}

function conversations() {
  const list = make("ul", { class: "list" });
  const thread = make("div", { class: "thread", role: "log", "aria-label": "Messages", tabindex: "0" });
  const title = make("header", { class: "who" });
  // They stay the same nodes, so that a button keeps the focus while the rest is redrawn.
  const blocked = make("span", { role: "status" });
  const block = make("button", { type: "button", onclick: toggleBlock });
  const footer = make("footer", {}, blocked, block);
  const reading = make("article", { class: "reading card", hidden: true }, title, thread, footer);
  const without = make("p", { class: "card muted" }, "The phone is off, because real providers are configured. With ", make("code", {}, "USE_MOCK=true"), " it appears beside them, for people with the console's password: its texts and replies go through no provider.");
  const split = make("div", { class: "split" }, list, reading);
  views.conversations.append(...(about.mock ? [split] : [without, split]));
  let id = null, trace = null, drawn = null, shown = null;
  const view = threadView(thread, (message) => {
    trace = message.trace;
    behind.look(trace);
    view.mark(trace);
  });

  // One node, so that it stays clickable while the rest is redrawn.
  const giveBack = make("button", { type: "button", class: "link", onclick: async () => { await act(`conversations/${id}/give-back`); loop.now(); } }, "Give it back to the agent");

  const loop = repeat(async () => {
    if (views.conversations.hidden) return 2000;
    const [all, found] = await Promise.all([read("conversations"), id && read(`conversations/${id}`)]);
    draw(all);
    reading.hidden = !found;
    if (found) {
      title.replaceChildren(make("strong", {}, phoneNumber(found.theirs)), make("span", {}, line(found.ours)),
        found.stopped ? make("span", { class: "tag bad" }, "stopped") : "",
        found.waits_until ? make("span", { class: "tag" }, `quiet hours until ${clock(found.waits_until)}`) : "",
        ...(found.with_person_until ? [make("span", { class: "tag" }, `with you until ${clock(found.with_person_until)}`), giveBack] : []));
      shown = found;
      write(blocked, found.blocked ? `Blocked: their texts are counted, not answered. ${count(found.blocked.texts, "text")} so far.` : "");
      write(block, found.blocked ? "Unblock" : "Block this number");
      view.show(found);
      trace ??= found.messages.findLast((message) => message.trace)?.trace ?? null;
      behind.look(trace);
      view.mark(behind.shown());
    }
    behind.show(found || null);
    return !found?.waits_until && (found?.waiting > 0 || found?.sending) ? 800 : 3000;
  });

  /** Concerns the conversation that is displayed, though another may have been chosen just now. */
  async function toggleBlock() {
    await act(`conversations/${shown.id}/${shown.blocked ? "unblock" : "block"}`);
    loop.now();
  }

  function draw(all) {
    const picture = JSON.stringify([id, all]);
    if (picture === drawn) return;
    drawn = picture;
    const focused = list.contains(document.activeElement) ? document.activeElement.hash : null;
    list.replaceChildren(...all.map(entry));
    if (all.length === 0) list.append(make("li", { class: "muted" }, "Nobody has texted yet."));
    if (focused) list.querySelector(`a[href="${focused}"]`)?.focus();
  }

  function entry(conversation) {
    return make("li", {},
      make("a", { href: `#conversations/${conversation.id}`, "aria-current": conversation.id === id ? "true" : null },
        make("strong", {}, phoneNumber(conversation.theirs)),
        make("time", {}, clock(conversation.at)),
        make("span", { class: "muted" }, standing(conversation)),
        make("span", { class: "tag", "data-state": conversation.state }, STATES[conversation.state] ?? words(conversation.state))));
  }

  return {
    enter(wanted) {
      if (wanted !== id) trace = null;
      id = wanted;
      behind.look(trace);
      if (!id) behind.show(null);
      loop.now();
    },
  };
}

function attention() {
  const badge = document.getElementById("badge");
  let drawn = null;
  repeat(async () => {
    const found = await read("notices");
    const picture = JSON.stringify(found);
    if (picture !== drawn) {
      drawn = picture;
      const calm = found.notices.length === 0 && !found.routes.some((route) => ["suspect", "down"].includes(route.state));
      badge.hidden = found.notices.length === 0;
      write(badge, String(found.notices.length));
      const none = make("p", { class: "card muted" }, "Nothing needs you. This shows what does: replies that may not have arrived, conversations handed over, calls that were not understood.");
      views.attention.replaceChildren(
        ...(calm ? [none] : found.notices.map(notice)),
        ...(found.routes.length === 0 ? [] : [make("h2", {}, "What the last texts have shown"), make("ul", { class: "list routes" }, found.routes.map(routeItem))]),
        ...(found.quarantined.length === 0 ? [] : [make("h2", {}, "Calls that were not understood")]),
        ...found.quarantined.map(quarantined));
    }
    return 5000;
  });
  return {
    enter() {
      behind.look(null);
      behind.show(null);
    },
  };
}

/** What strangers' texts can cause at most, and what the last days have cost. */
function limits() {
  let drawn = null;
  const loop = repeat(async () => {
    if (views.limits.hidden) return 2000;
    const found = await read("limits");
    const picture = JSON.stringify(found);
    if (picture !== drawn) {
      drawn = picture;
      const head = ["What", "At most", "Used", "At it", "Setting"];
      views.limits.replaceChildren(
        make("div", { class: "card wide" },
          make("table", {},
            make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))),
            make("tbody", {}, found.limits.map(limit)))),
        make("p", { class: "muted" }, `Amounts are in ${found.currency}. What is used contains what turns under way may cost.`),
        make("h2", {}, "What real people have cost"),
        found.days.length === 0 ? make("p", { class: "muted" }, "Nothing in the last two weeks.") : make("ul", { class: "list" }, found.days.map(({ day, spent }) => make("li", {}, make("time", {}, day), " ", make("strong", {}, `${spent} ${found.currency}`)))));
    }
    return 30000;
  });
  return {
    enter() {
      behind.look(null);
      behind.show(null);
      loop.now();
    },
  };
}

function limit({ setting, what, limit, used, at_it }) {
  return make("tr", {}, make("th", { scope: "row" }, what), make("td", {}, limit ?? "none"), make("td", {}, used ?? "for each person"), make("td", {}, at_it), make("td", {}, make("code", {}, setting)));
}

/** A conversation in a few words. */
function standing({ ours, number, answers }) {
  return [line(ours), number > 1 ? `conversation ${number}` : null, count(answers, "answer")].filter(Boolean).join(" · ");
}

/** Which of our numbers the person texts. */
function line(ours) {
  return ours === "mock" ? "mock phone" : `to ${phoneNumber(ours)}`;
}

function notice(notice) {
  const look = make("button", { type: "button", class: "link", onclick: () => behind.look(notice.trace) }, "Show its trace");
  return make("article", { class: "card notice" },
    make("p", {}, notice.sentence),
    make("footer", {}, make("time", {}, clock(notice.at)),
      notice.conversation ? make("a", { href: `#conversations/${notice.conversation}` }, "Open the conversation") : null,
      notice.trace ? look : null));
}

/** The state of a route, and why. */
function routeItem(route) {
  return make("li", {},
    make("strong", {}, `${route.provider} to +${route.country}`),
    make("span", { class: "tag", "data-state": route.state }, route.state),
    make("p", {}, route.why, route.fix ? ` ${route.fix}` : ""),
    make("p", { class: "muted" }, `from ${phoneNumber(route.sender)} · since ${clock(route.since)}`));
}

function quarantined(call) {
  return make("article", { class: "card notice" },
    make("p", {}, make("strong", {}, call.provider), `: ${call.reason}`),
    make("details", {}, make("summary", {}, `${call.content_type || "no content type"}${call.base64 ? ", shown as Base64" : ""}`), make("pre", { dir: "auto" }, call.body)),
    make("footer", {}, make("time", {}, clock(call.at)), call.seen > 1 ? ` came ${call.seen} times` : null));
}
