// The building blocks of the page. Data only ever becomes text nodes.

/** An element with attributes (`on…` is a listener) and children; strings become text. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Writes a text only if it changed, so that screen readers do not announce it twice. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Data of the console; `null` if it does not exist. */
export async function read(path) {
  try {
    const answer = await fetch(`/console/api/${path}`);
    // The password has changed, or the program has started again with a new link.
    if (answer.status === 401 || answer.status === 403) location.reload();
    if (!answer.ok && answer.status !== 404) throw new Error(`answered ${answer.status}`);
    trouble(false);
    return answer.status === 404 ? null : await answer.json();
  } catch (error) {
    trouble(true);
    throw error;
  }
}

/** Calls the mock provider's webhook, as a provider would. */
export function call(webhook, body) {
  return post(`/webhooks/mock/${webhook}`, { "content-type": "application/json" }, JSON.stringify(body));
}

/** What no other page can read, so that the server knows our requests. It belongs to a session. */
let token = null;

async function post(path, headers = {}, body = undefined) {
  const once = async () => fetch(path, { method: "POST", headers: { ...headers, "x-form-token": await (token ??= ask()) }, body });
  const answer = await once();
  if (answer.status !== 403) return answer;
  // There is a new session since the page was opened.
  token = null;
  return once();
}

async function ask() {
  try {
    return (await read("session")).form_token;
  } catch (error) {
    // The next request asks again.
    token = null;
    throw error;
  }
}

function trouble(is) {
  document.getElementById("trouble").hidden = !is;
}

/**
 * Repeats `work`, which returns the pause in milliseconds; never while the page is hidden.
 * `now` runs it at once.
 */
export function repeat(work) {
  let timer, running = false, again = false, stopped = false;
  async function now() {
    clearTimeout(timer);
    if (stopped || document.hidden) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    const pause = await work().catch(() => 2000);
    running = false;
    if (stopped) return;
    if (again) {
      again = false;
      now();
    } else if (!document.hidden) {
      timer = setTimeout(now, pause);
    }
  }
  document.addEventListener("visibilitychange", now);
  now();
  return {
    now,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", now);
    },
  };
}

/** A unique name. */
export function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The time of day, with the date unless it is today. */
export function clock(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : { day: "numeric", month: "short" };
  return date.toLocaleString([], { hour: "2-digit", minute: "2-digit", ...day });
}

/** A number as people write it. */
export function phoneNumber(number) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? `+1 ${parts[1]} ${parts[2]} ${parts[3]}` : number;
}

/** A field's name, a step's detail or an ending as words. */
export function words(name) {
  return name.replaceAll("_", " ");
}

/** One or several. */
export function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
