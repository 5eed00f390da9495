// Parts of a page that is there are brought up to date with what the server draws now.

/** The part of a page of ours that a selector finds, or `null`. */
export async function fetched(address, selector) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok) return null;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  return document.adoptNode(drawn.querySelector(selector));
}

/**
 * Makes a node look like another one, and keeps every node that can stay: what has the focus, what is
 * selected, what is scrolled or opened, and what is being typed stays as it is, and a screen reader hears
 * only what is new.
 */
export function morph(node, wanted) {
  if (node.isEqualNode(wanted)) return;
  if (node.nodeType !== wanted.nodeType || node.nodeName !== wanted.nodeName) {
    node.replaceWith(wanted);
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  for (const { name } of [...node.attributes]) {
    if (!wanted.hasAttribute(name) && !isReaders(node, name)) node.removeAttribute(name);
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (node.getAttribute(name) !== value && !isReaders(node, name)) node.setAttribute(name, value);
  }
  const [there, then] = [[...node.childNodes], [...wanted.childNodes]];
  then.forEach((child, index) => (there[index] ? morph(there[index], child) : node.append(child)));
  there.slice(then.length).forEach((child) => child.remove());
}

/** Whether an attribute is the reader's: what they have opened stays open. */
function isReaders(node, name) {
  return node.nodeName === "DETAILS" && name === "open";
}
