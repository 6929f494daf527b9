// Turns addresses into pages without reloading: links inside the application, back and forward.

const ROUTES = [
  { name: "transcripts", pattern: /^\/(?:transcripts\/?)?$/, load: () => import("./pages/transcripts.js") },
  {
    name: "transcript",
    pattern: /^\/transcripts\/(?<id>[0-9a-f-]{36})\/?$/,
    load: () => import("./pages/transcript.js"),
  },
  { name: "live", pattern: /^\/live\/?$/, load: () => import("./pages/live.js") },
  { name: "chat", pattern: /^\/chat(?:\/(?<id>[1-9]\d{0,17}))?\/?$/, load: () => import("./pages/chat.js") },
  { name: "prompts", pattern: /^\/prompts\/?$/, load: () => import("./pages/prompts.js") },
  { name: "new-batch", pattern: /^\/prompts\/new\/?$/, load: () => import("./pages/new-batch.js") },
  { name: "batch", pattern: /^\/prompts\/(?<id>[0-9a-f-]{36})\/?$/, load: () => import("./pages/batch.js") },
  { name: "documents", pattern: /^\/documents\/?$/, load: () => import("./pages/documents.js") },
  { name: "jobs", pattern: /^\/jobs\/?$/, load: () => import("./pages/jobs.js") },
  { name: "account", pattern: /^\/account\/?$/, load: () => import("./pages/account.js") },
  { name: "login", pattern: /^\/login\/?$/, load: () => import("./pages/login.js") },
];

/** The address of the page that is shown. */
let shown = "";

/** The route of a path as `{name, params, load}`, or null where no page lives. */
export function match(path) {
  for (const route of ROUTES) {
    const found = route.pattern.exec(path);
    if (found) return { ...route, params: { ...found.groups } };
  }
  return null;
}

/** Go to an address of this application. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  window.dispatchEvent(new Event("navigate"));
}

/** Give the page that is shown another address; it stays as it is. */
export function rewrite(address) {
  history.replaceState(null, "", address);
  shown = here();
}

function here() {
  return location.pathname + location.search;
}

/** Call `show()` at once and whenever the address changes. */
export function start(show) {
  const turn = () => {
    shown = here();
    show();
  };
  // A jump within the page, such as the skip link's, is a "popstate" too.
  window.addEventListener("popstate", () => here() !== shown && turn());
  window.addEventListener("navigate", turn);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !isOurs(link, event)) return;
    event.preventDefault();
    if (link.href !== location.href) go(link.href);
  });
  turn();
}

function isOurs(link, event) {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return false;
  return link.origin === location.origin && !link.hash && match(link.pathname) !== null;
}
