// The list of conversations: found by title, newest first, changed as they change.

import { button, emptyState, errorState, skeleton } from "../components/basics.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { moment } from "../format.js";
import { session } from "../session.js";

const SIZE = 30;
const SETTLE_MS = 250;

export class ConversationList {
  #search = h("input", { type: "search", class: "input", placeholder: "Search titles", "aria-label": "Search conversations" });
  #which = h(
    "select",
    { class: "input", "aria-label": "Which conversations" },
    h("option", { value: "Active" }, "Active"),
    h("option", { value: "Deleted" }, "Deleted"),
  );
  #rows = new Map();
  #list = h("ul", { class: "chat-rows" });
  #state = h("div", {}, skeleton(5));
  #more = button({ label: "Show more", kind: "quiet", onClick: () => this.#load(this.#pages + 1), hidden: true });
  #pages = 1;
  #turn = 0;
  #timer = null;
  #current = null;
  #topic;
  element = h(
    "nav",
    { class: "chat-list", "aria-label": "Conversations" },
    h("a", { class: "button button-primary", href: "/chat" }, "New conversation"),
    h("div", { class: "chat-find" }, this.#search, this.#which),
    this.#state,
    this.#list,
    this.#more,
  );

  constructor(signal) {
    this.#search.addEventListener("input", () => this.#soon());
    this.#which.addEventListener("change", () => this.#load(1));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    // Whatever is missed while the line is down comes with the snapshot.
    this.#topic = stentor.subscribe(`user:${session.user.id}`, {
      onSnapshot: () => this.#load(this.#pages),
      onEvent: ({ event, data }) => event === "conversation" && this.#take(data),
    });
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#topic.close();
    });
  }

  /** Mark the conversation that is open. */
  set current(id) {
    this.#current = id;
    for (const [known, { link }] of this.#rows) {
      if (known === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(1), SETTLE_MS);
  }

  async #load(pages) {
    this.#turn += 1;
    const turn = this.#turn;
    const search = this.#search.value.trim();
    const asked = { search, status: this.#which.value, page: 1, page_size: Math.min(SIZE * pages, 100) };
    try {
      const { results, count } = await stentor.command("chat.list", asked, { key: null });
      if (turn !== this.#turn) return;
      this.#pages = pages;
      this.#show(results);
      this.#more.hidden = results.length >= Math.min(count, 100);
      fill(this.#state, count ? null : this.#nothing(search));
    } catch (error) {
      if (turn === this.#turn) fill(this.#state, errorState(error, () => this.#load(pages)));
    }
  }

  #show(conversations) {
    const before = this.#rows;
    this.#rows = new Map(conversations.map((one) => [one.id, before.get(one.id) ?? row()]));
    conversations.forEach((one) => this.#rows.get(one.id).update(one));
    this.#place(conversations.map(({ id }) => this.#rows.get(id).element));
    this.current = this.#current;
  }

  #place(elements) {
    const shown = [...this.#list.children];
    const same = shown.length === elements.length && elements.every((element, index) => shown[index] === element);
    if (!same) fill(this.#list, elements); // moving what stands right would take the focus away
  }

  /** A conversation has changed: the newest stands first, what belongs elsewhere leaves. */
  #take(conversation) {
    const belongs = conversation.status === this.#which.value;
    const known = this.#rows.get(conversation.id);
    if (known && belongs) {
      const moved = known.at !== conversation.updated_at;
      known.update(conversation);
      if (moved) this.#list.prepend(known.element);
    } else if (known || belongs) this.#soon();
  }

  #onKey(event) {
    const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!to || event.target === this.#which) return;
    const links = [...this.#list.querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    const next = here + to < 0 ? this.#search : links[here + to];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #nothing(search) {
    if (search) return emptyState({ sign: "search", title: "Nothing found", text: `No title has “${search}” in it.` });
    if (this.#which.value === "Deleted") return emptyState({ sign: "trash", title: "Nothing deleted", text: "" });
    return emptyState({ sign: "chat", title: "No conversation yet", text: "What you ask will be kept here." });
  }
}

function row() {
  const title = h("span", { class: "chat-row-title" });
  const when = h("span", { class: "muted small numeric" });
  const link = h("a", { class: "chat-row" }, title, when);
  const made = { element: h("li", {}, link), link, at: "" };
  made.update = ({ id, title: text, updated_at: at }) => {
    link.href = `/chat/${id}`;
    setText(title, text || "New conversation");
    setText(when, moment(at));
    made.at = at;
  };
  return made;
}
