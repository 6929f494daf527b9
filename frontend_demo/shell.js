// The frame around every page of somebody who is signed in: brand, navigation, connection and user menu.

import "./components/connection.js";
import "./components/uploads.js";
import { button } from "./components/basics.js";
import { confirmDialog, openDialog } from "./components/dialog.js";
import { menu } from "./components/menu.js";
import { toast, toastProblem } from "./components/toast.js";
import { h, setText } from "./dom.js";
import { feed } from "./feed.js";
import { icon, mark } from "./icons.js";
import { liveSession } from "./live-session.js";
import { go } from "./router.js";
import { session } from "./session.js";

const HERE = [
  { name: "transcripts", label: "Transcripts", href: "/" },
  { name: "live", label: "Live", href: "/live" },
  { name: "chat", label: "Chat", href: "/chat" },
  { name: "prompts", label: "Prompts", href: "/prompts" },
  { name: "jobs", label: "Jobs", href: "/jobs" },
];
const TO_COME = [
  { name: "automation", label: "Automation" },
  { name: "boards", label: "Boards" },
];
/** Pages that belong to another one of the navigation. */
const PARTS = { transcript: "transcripts", batch: "prompts", "new-batch": "prompts", documents: "prompts" };
const THEMES = { system: "Like the system", light: "Light", dark: "Dark" };

/** Build the frame: `{element, main, mark(name)}`; `mark` says which page is shown. */
export function buildShell() {
  const main = h("main", { class: "main", id: "main", tabindex: "-1" });
  const links = HERE.map(navLink);
  const header = h(
    "header",
    { class: "side" },
    h("a", { class: "brand", href: "/" }, mark(), "Stentor"),
    h("nav", { class: "nav", "aria-label": "Main" }, navList(links), toComeList()),
    h("div", { class: "tools" }, h("st-connection"), userMenu()),
  );
  const element = h("div", { class: "shell" }, header, main, h("st-uploads"));
  const skip = h("a", { class: "skip-link", href: "#main" }, "Skip to the content");
  return {
    element: [skip, element],
    main,
    mark: (name) => {
      const own = PARTS[name] ?? name;
      links.forEach((link, index) => {
        if (HERE[index].name === own) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      });
    },
    dispose: watch(links),
  };
}

function navLink({ name, label, href }) {
  return h("a", { class: "nav-item", href }, icon(name), label);
}

function navList(links) {
  const more = h(
    "button",
    { type: "button", class: "nav-item", on: { click: showToCome } },
    icon("more"),
    "To come",
  );
  return h(
    "ul",
    { class: "nav-list" },
    links.map((link) => h("li", {}, link)),
    h("li", { class: "nav-more" }, more),
  );
}

function toComeList() {
  const rows = TO_COME.map(({ name, label }) => h("li", { class: "nav-item" }, icon(name), label));
  return h(
    "div",
    { class: "nav-soon" },
    h("p", { class: "nav-title", id: "to-come" }, "Not here yet"),
    h("ul", { "aria-labelledby": "to-come" }, rows),
  );
}

function showToCome() {
  const text = "These parts of Stentor are being built. They will appear here, on the same live connection.";
  const rows = TO_COME.map(({ name, label }) => h("li", { class: "check" }, icon(name), label));
  openDialog({ title: "Not here yet", content: [h("p", {}, text), h("ul", {}, rows)] });
}

/** Keep the marks on the links; returns what ends it. */
function watch(links) {
  const linkOf = (name) => links[HERE.findIndex((one) => one.name === name)];
  const stop = new AbortController();
  watchJobs(linkOf("jobs"), stop.signal);
  watchRecording(linkOf("live"), stop.signal);
  return () => stop.abort();
}

function watchRecording(link, signal) {
  const dot = h("span", { class: "nav-recording", "aria-hidden": "true", hidden: true });
  const words = h("span", { class: "visually-hidden" });
  link.append(dot, words);
  const show = () => {
    dot.hidden = !liveSession.isOn;
    dot.toggleAttribute("data-paused", liveSession.phase !== "recording");
    setText(words, liveSession.isOn ? ` (${liveSession.phase})` : "");
  };
  const tell = ({ detail }) => {
    if (location.pathname.startsWith("/live")) return; // that page goes there by itself
    toast("The recording has ended.", { action: { label: "Open", run: () => go(`/transcripts/${detail}`) } });
  };
  liveSession.addEventListener("change", show, { signal });
  liveSession.addEventListener("closed", tell, { signal });
  show();
}

function watchJobs(link, signal) {
  const count = h("span", { class: "nav-count", hidden: true });
  const words = h("span", { class: "visually-hidden" });
  link.append(count, words);
  const show = () => {
    const active = feed.active;
    count.hidden = active === 0;
    setText(count, String(active));
    count.setAttribute("aria-hidden", "true");
    setText(words, active ? ` (${active} active)` : "");
  };
  for (const event of ["reset", "job", "removed"]) feed.addEventListener(event, show, { signal });
  show();
}

function userMenu() {
  const { username } = session.user;
  const opener = button({ label: "", kind: "quiet", "aria-label": `${username}: account and settings` });
  opener.classList.add("user-button");
  opener.replaceChildren(
    h("span", { class: "avatar", "aria-hidden": "true" }, username.slice(0, 2).toUpperCase()),
    h("span", { class: "user-name" }, username),
  );
  return menu(opener, menuItems, { up: true });
}

function menuItems() {
  const theme = window.stentorTheme;
  return [
    { label: "Account", sign: "account", onPick: () => go("/account") },
    "line",
    { title: "Theme" },
    ...theme.choices.map((choice) => ({
      label: THEMES[choice],
      checked: theme.current === choice,
      onPick: () => theme.set(choice),
    })),
    "line",
    { label: "Sign out", sign: "signout", onPick: () => session.signOut().catch(toastProblem) },
    { label: "Sign out everywhere", sign: "signout", tone: "danger", onPick: signOutEverywhere },
  ];
}

function signOutEverywhere() {
  confirmDialog({
    title: "Sign out everywhere?",
    text: "Every browser and every token of this account is signed out at once. API keys keep working.",
    label: "Sign out everywhere",
    work: () => session.signOut({ everywhere: true }),
  });
}
