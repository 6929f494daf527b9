// Starts the application: finds out who is signed in, then shows the page that belongs to the address.

import { emptyState, errorState, skeleton } from "./components/basics.js";
import { takeFilesAnywhere } from "./components/drop.js";
import { announce, installToasts, toast } from "./components/toast.js";
import { fill, h } from "./dom.js";
import { feed, followSession } from "./feed.js";
import { addressOf, failure } from "./job-words.js";
import { go, match, start } from "./router.js";
import { session } from "./session.js";
import { buildShell } from "./shell.js";
import { uploadOptions } from "./upload-options.js";
import { uploads } from "./uploads.js";

/** Which jobs a page shows itself, by the name of the page. */
const SHOWS = {
  jobs: () => true,
  transcripts: ({ subject }) => subject.startsWith("transcript:"),
  prompts: ({ kind }) => kind === "batch" || kind === "requests",
  documents: ({ kind }) => kind === "reading",
};
/** What is dropped on pages that have no use of their own for files. */
const RECORDINGS = { words: "Drop to transcribe", types: "audio/*,video/*", most: 100 };
const root = document.getElementById("app");
let shell = null;
let dropping = null;
let showing = 0;
let visited = false;
/** The name of the page that is shown. */
let shown = "";

async function boot() {
  installToasts();
  fill(root, h("main", { class: "main" }, skeleton()));
  try {
    await session.load();
  } catch (error) {
    fill(
      root,
      h("main", { class: "main" }, h("h1", { class: "visually-hidden" }, "Stentor"), errorState(error, boot)),
    );
    return;
  }
  followSession();
  watchUploads();
  watchJobs();
  session.addEventListener("change", () => {
    unframe();
    show();
  });
  start(show);
}

async function show() {
  showing += 1;
  const turn = showing;
  const route = match(location.pathname);
  if (!session.user && route?.name !== "login") {
    go(`/login?next=${encodeURIComponent(location.pathname + location.search)}`, { replace: true });
    return;
  }
  if (session.user && route?.name === "login") {
    go(afterLogin(), { replace: true });
    return;
  }
  const known = shell?.main.firstElementChild;
  if (route && known?.turn && route.name === shown) {
    known.turn(route.params);
    settle(known);
    return;
  }
  const page = route ? await build(route) : missing();
  if (turn !== showing) return; // somebody went on while the page was loading
  place(route?.name ?? "", page);
}

async function build(route) {
  try {
    const { default: tag } = await route.load();
    const page = document.createElement(tag);
    page.params = route.params;
    return page;
  } catch (error) {
    return h("div", { class: "page" }, h("h1", {}, "Stentor"), errorState(error, () => location.reload()));
  }
}

function place(name, page) {
  if (name === "login") {
    unframe();
    fill(root, page);
  } else {
    if (!shell) frame();
    shell.mark(name);
    fill(shell.main, page);
  }
  shown = name;
  settle(page);
}

/** Say where the reader is now. */
function settle(page) {
  const title = page.querySelector("h1");
  document.title = title ? `${title.textContent} · Stentor` : "Stentor";
  window.scrollTo(0, 0);
  if (visited && shown !== "login") {
    title?.setAttribute("tabindex", "-1");
    title?.focus({ preventScroll: true });
    announce(title?.textContent ?? "");
  }
  visited = true;
}

function frame() {
  shell = buildShell();
  fill(root, shell.element);
  dropping = new AbortController();
  const takes = () => shell.main.firstElementChild?.takes ?? RECORDINGS;
  takeFilesAnywhere({ takes, onFiles: takeFiles }, dropping.signal);
}

/** Files are recordings to transcribe, unless the page has another use for them. */
function takeFiles(files) {
  const page = shell.main.firstElementChild;
  if (page?.takeFiles) page.takeFiles(files);
  else uploads.add(files, uploadOptions.values);
}

function unframe() {
  shell?.dispose();
  dropping?.abort();
  shell = null;
}

function missing() {
  const home = h("a", { class: "button button-primary", href: "/" }, "Go to the transcripts");
  const state = emptyState({
    sign: "search",
    title: "Nothing lives at this address",
    text: "The link may be old, or mistyped.",
    action: home,
  });
  return h("div", { class: "page" }, h("h1", {}, "Not found"), h("div", { class: "card" }, state));
}

/** Where the reader wanted to go: only ever an address of this application. */
function afterLogin() {
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  const address = new URL(next, location.origin);
  const wanted = match(address.pathname)?.name ?? "login";
  return address.origin === location.origin && wanted !== "login" ? address.pathname + address.search : "/";
}

function watchUploads() {
  uploads.addEventListener("done", ({ detail: { transcript } }) => {
    const address = `/transcripts/${transcript.id}`;
    // The list and its own page show it already.
    if (match(location.pathname)?.name === "transcripts" || location.pathname === address) return;
    toast(`“${transcript.title}” is uploaded.`, { action: { label: "Watch it", run: () => go(address) } });
  });
}

function watchJobs() {
  feed.addEventListener("job", ({ detail: { job, before } }) => {
    const address = addressOf(job);
    const isShown = location.pathname === address || SHOWS[match(location.pathname)?.name]?.(job);
    if (isShown || !before || before.status === job.status) return;
    const open = address && { label: "Open", run: () => go(address) };
    if (job.status === "completed") toast(`“${job.title}” is ready.`, { action: open });
    if (job.status === "failed") toast(
      `“${job.title}” failed. ${failure(job)}`,
      { tone: "danger", action: open },
    );
  });
}

boot();
