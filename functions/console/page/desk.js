// What the desk does by itself: it stays up to date, copies, and takes keys. Everything else is links and
// forms, and works without this.

import { fetched, morph } from "./live.js";
import { repeat } from "./parts.js";
import { segmentsOf } from "./segments.js";

/** How often the server is asked for news, in milliseconds, while the page is seen. */
const OFTEN = 5000;

/** How often a page is drawn anew on which something is under way. */
const UNDER_WAY = 2000;

/** After how long without a sign of life a page says that it may be out of date. The server gives one every five
 *  seconds. */
const SILENT = 15_000;

const words = document.body.dataset;
const stale = document.getElementById("stale");

stay();
copying();
keys();
counting();

/** Draws the page anew when something has changed. A page that is not seen hears nothing, and asks first of all. */
function stay() {
  let source = null, silence;
  const heard = () => {
    stale.hidden = true;
    clearTimeout(silence);
    silence = setTimeout(() => { stale.hidden = false; }, SILENT);
  };
  const listen = () => {
    source?.close();
    clearTimeout(silence);
    if (document.hidden) return;
    source = new EventSource(`/console/api/events?since=${words.since}`);
    source.addEventListener("changed", draw);
    source.addEventListener("here", heard);
    source.onopen = heard;
    source.onerror = () => {
      // Where nothing can tell us, or not now, we ask.
      clearTimeout(silence);
      if (source.readyState === EventSource.CLOSED) poll();
      else stale.hidden = false;
    };
  };
  document.addEventListener("visibilitychange", () => { listen(); if (!document.hidden) draw(); });
  listen();
  // What is under way changes without its row: steps, and how far a reply got.
  repeat(async () => {
    if (document.querySelector("[data-open]")) await draw();
    return UNDER_WAY;
  });
}

let polls = false;

/** Asks what has changed, from time to time. */
function poll() {
  if (polls) return;
  polls = true;
  let since = words.since, known = "[]";
  repeat(async () => {
    const answer = await fetch(`/console/api/desk?since=${since}`).catch(() => null);
    stale.hidden = answer?.ok ?? false;
    if (answer?.status === 401 || answer?.status === 403) location.reload();
    if (!answer?.ok) return OFTEN;
    const news = await answer.json();
    since = news.since;
    // Something of the last seconds comes again: clocks differ.
    const rows = JSON.stringify(news.rows);
    if (rows !== known && news.rows.length > 0) await draw();
    known = rows;
    return OFTEN;
  });
}

async function draw() {
  const drawn = await fetched(location.href, "body");
  if (!drawn) return;
  const focused = document.activeElement?.closest?.(".rows a")?.href;
  for (const part of document.querySelectorAll("[data-live]")) {
    const wanted = drawn.querySelector(`[data-live="${part.dataset.live}"]`);
    if (wanted) morph(part, wanted);
  }
  // A list that has moved keeps the focus on the same person.
  if (focused) [...document.querySelectorAll(".rows a")].find((row) => row.href === focused)?.focus();
  copying();
}

/** A button beside what people copy. Only a secure page may write to the clipboard. */
function copying() {
  if (!navigator.clipboard) return;
  for (const node of document.querySelectorAll(".copies:not(:has(+ .copy))")) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "copy", textContent: words.copy });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(node.dataset.copy ?? node.textContent);
      button.textContent = words.copied;
      setTimeout(() => { button.textContent = words.copy; }, 1200);
    });
    node.after(button);
  }
}

/** What the text in the box takes, as it is typed. */
function counting() {
  const box = document.getElementById("words"), shown = document.querySelector("[data-counter]");
  if (!box || !shown) return;
  const count = () => {
    const { segments, left, alphabet } = segmentsOf(box.value);
    shown.hidden = box.value === "";
    shown.textContent = shown.dataset.counter.replace("%1", segments).replace("%2", left) + alphabet;
  };
  box.addEventListener("input", count);
  count();
}

/** Keys for hands that stay on the keyboard. Each does what a link or a button does. */
function keys() {
  const rows = () => [...document.querySelectorAll(".rows a")];
  const step = (by) => {
    const all = rows();
    const at = all.findIndex((row) => row === document.activeElement || row.ariaCurrent === "true");
    all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
  };
  const does = {
    j: () => step(1),
    k: () => step(-1),
    r: () => document.getElementById("words")?.focus(),
    "/": () => document.getElementById("q")?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const act = does[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
