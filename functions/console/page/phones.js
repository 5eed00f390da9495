// The page of phones: what they show, and what happened to the chosen message.

import { make, read } from "./parts.js";
import { phone } from "./phone.js";
import { inspector } from "./inspector.js";

/** The phones' numbers: +1 202 555 0101 to 0199, which belong to nobody. */
const FIRST = 101, LAST = 199;

const about = await load();
const behind = inspector(document.getElementById("inspector"));
phones(document.getElementById("phones"));

/** What the server says about itself, however long it takes to answer. */
async function load() {
  for (;;) {
    try {
      return await read("about");
    } catch {
      await new Promise((later) => setTimeout(later, 1000));
    }
  }
}

function phones(place) {
  const shelf = make("div", { class: "shelf" });
  const add = make("button", { type: "button", class: "add", onclick: () => put(next(), true) }, make("span", { "aria-hidden": "true" }, "+"), "Add a phone");
  shelf.append(add);
  place.append(shelf);
  const all = [];
  let current = null, trace = null;
  for (const number of remembered()) put(number, false);
  enter();

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
    enter();
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
}
