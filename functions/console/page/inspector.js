// What happened to the chosen message, and what was collected: parts of the desk's pages.

import { repeat } from "./parts.js";
import { fetched, morph } from "./live.js";

/** Shows in `node` the trace given to `look` and the brief of the thread given to `show`. */
export function inspector(node) {
  const [trace, brief] = node.querySelectorAll("[data-part]");
  const nothing = [...trace.childNodes];
  let id = null, led = null, begun = null;

  const loop = repeat(async () => {
    if (!id) return 4000;
    const wanted = id;
    const found = await fetched(`/console/traces/${wanted}`, "#trace");
    if (wanted !== id) return 0;
    if (!found) return 1000;
    put(trace, found);
    led = found.dataset.trace;
    return "open" in found.dataset ? 500 : 5000;
  });

  async function drawBrief(thread) {
    const found = thread && (await fetched(`/console/inbox/${thread.id}`, "#collected").catch(() => null));
    if (found) put(brief, found);
    else brief.replaceChildren();
  }

  /** Shows the content of this in the place, in the nodes that are there as far as they are of its kind. */
  function put(place, found) {
    const wanted = place.cloneNode(false);
    wanted.append(...[...found.childNodes].map((child) => child.cloneNode(true)));
    morph(place, wanted);
  }

  return {
    look(wanted) {
      if (wanted === id) return;
      id = wanted;
      led = null;
      if (id) loop.now();
      else trace.replaceChildren(...nothing);
    },
    /** The trace that is displayed: the chosen one, or the one that answered it. */
    shown: () => led ?? id,
    show(thread) {
      const picture = JSON.stringify([thread?.id, thread?.number, thread?.answers, thread?.brief, thread?.ended, thread?.messages.length]);
      if (picture === begun) return;
      begun = picture;
      drawBrief(thread?.messages.length > 0 ? thread : null);
    },
  };
}
