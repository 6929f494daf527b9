// Chooses the documents of a batch: whole collections, or single ones that a search finds.

import { call } from "../api.js";
import { busy, button, emptyState, errorState, skeleton } from "../components/basics.js";
import { toast, toastProblem } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { chosen } from "./draft.js";
import { documentFacts } from "./words.js";

const SIZE = 25;
const MOST_AT_ONCE = 100;
const SETTLE_MS = 250;
/** Until tokens are counted one by one: so many characters make about one. */
const CHARACTERS_PER_TOKEN = 4;

export class DocumentPicker {
  #onChange;
  #signal;
  #most = 5000;
  #all = [];
  #chosen = new Map();
  #whole = new Set();
  #found = [];
  #count = 0;
  /** How many of what is found are wanted. */
  #size = SIZE;
  #reading = null;
  #timer = null;
  #collections = h("div", { class: "collection-picks", role: "group", "aria-label": "Whole collections" });
  #search = h("input", { type: "search", class: "input", placeholder: "Search documents", "aria-label": "Search documents" });
  #total = h("p", { class: "picked numeric", role: "status" });
  #everything = button({ label: "Select all found", kind: "outline", onClick: () => this.#selectFound() });
  #none = button({ label: "Clear", kind: "quiet", onClick: () => this.#clear() });
  #list = h("ul", { class: "pick-rows" }, skeleton(4));
  #more = button({ label: "Show more", kind: "quiet", hidden: true, onClick: () => this.#showMore() });
  #body = h("div", { class: "form" });
  element = h("div", {}, this.#body);

  /** `onChange({byHand})` is called after every change of what is chosen, and of what there is to choose. */
  constructor(signal, onChange) {
    this.#signal = signal;
    this.#onChange = onChange;
    const tools = h("div", { class: "toolbar" }, h("div", { class: "searchbox" }, icon("search"), this.#search), this.#everything);
    const foot = h("div", { class: "picked-line" }, this.#total, this.#none);
    fill(this.#body, this.#collections, tools, this.#list, this.#more, foot);
    this.#search.addEventListener("input", () => {
      this.#size = SIZE;
      this.#soon();
    });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** What is sent: whole collections, and single documents that are in none of them. */
  get values() {
    const single = [...this.#chosen.values()].filter(({ collection }) => !this.#whole.has(collection));
    return { documents: single.map(({ id }) => id), collections: [...this.#whole] };
  }

  get drafts() {
    return { documents: [...this.#chosen.values()], collections: [...this.#whole] };
  }

  /** Some documents on which prompts can be tried: `[{id, title}]`, the chosen ones first. */
  get samples() {
    const inWhole = this.#found.filter(({ collection }) => this.#whole.has(collection));
    const all = [...this.#chosen.values(), ...inWhole, ...this.#found];
    return [...new Map(all.map(({ id, title }) => [id, { id, title }])).values()].slice(0, MOST_AT_ONCE);
  }

  set most(count) {
    this.#most = count;
  }

  show({ documents, collections }) {
    this.#chosen = new Map(documents.map((one) => [one.id, one]));
    this.#whole = new Set(collections);
    this.#drawTotal();
    this.#soon(0);
  }

  /** Documents have come or gone. */
  refresh() {
    this.#soon();
  }

  /** These are gone: they must not hold up what else was chosen. */
  forget(ids) {
    const gone = ids.filter((id) => this.#chosen.delete(id));
    if (gone.length === 0) return;
    this.#drawTotal();
    this.refresh();
    this.#onChange({ byHand: false });
  }

  #soon(wait = SETTLE_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#load(), wait);
  }

  #showMore() {
    this.#size = Math.min(this.#found.length + SIZE, MOST_AT_ONCE);
    this.#load();
  }

  async #load() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#reading.signal]);
    try {
      const [collections, first] = await Promise.all([
        call("GET", "/api/collections", { signal }),
        this.#ask(this.#search.value.trim(), { page: 1, page_size: this.#size }, signal),
      ]);
      this.#all = collections.results;
      // A collection that is gone must not hold up what else was chosen.
      this.#whole = new Set([...this.#whole].filter((name) => this.#all.some((one) => one.name === name)));
      this.#count = first.count;
      this.#found = first.results;
      this.#draw();
      this.#onChange({ byHand: false });
    } catch (error) {
      if (!signal.aborted) fill(this.#list, h("li", {}, errorState(error, () => this.#load())));
    }
  }

  #ask(search, part, signal) {
    return call("GET", "/api/documents", { query: { search, status: "ready", ...part }, signal });
  }

  #draw() {
    const held = document.activeElement?.dataset?.pick;
    fill(this.#collections, this.#all.map((one) => this.#collectionPick(one)));
    this.#collections.hidden = this.#all.length === 0;
    fill(this.#list, this.#count ? this.#found.map((one) => this.#row(one)) : h("li", {}, this.#nothing()));
    this.#more.hidden = this.#found.length >= Math.min(this.#count, MOST_AT_ONCE);
    this.#everything.hidden = this.#count === 0;
    setText(this.#everything.firstChild, `Select all ${this.#count.toLocaleString("en")} found`);
    this.#drawTotal();
    if (held) [...this.element.querySelectorAll("[data-pick]")].find(({ dataset }) => dataset.pick === held)?.focus();
  }

  #collectionPick({ name, documents }) {
    const box = h("input", { type: "checkbox", checked: this.#whole.has(name), dataset: { pick: `collection ${name}` } });
    box.addEventListener("change", () => {
      if (box.checked) this.#whole.add(name);
      else this.#whole.delete(name);
      this.#changed();
    });
    return h("label", { class: "collection-pick" }, box, h("span", {}, name), h("span", { class: "muted numeric" }, plural(documents, "document")));
  }

  #row(one) {
    const inWhole = this.#whole.has(one.collection);
    const box = h("input", { type: "checkbox", checked: inWhole || this.#chosen.has(one.id), disabled: inWhole, dataset: { pick: one.id } });
    box.addEventListener("change", () => {
      if (box.checked) this.#chosen.set(one.id, chosen(one));
      else this.#chosen.delete(one.id);
      this.#changed();
    });
    const facts = h("span", { class: "muted small numeric" }, documentFacts(one).join("  ·  "));
    return h("li", {}, h("label", { class: "pick-row" }, box, h("span", { class: "pick-title" }, one.title), facts));
  }

  #changed() {
    this.#draw();
    this.#onChange({ byHand: true });
  }

  #clear() {
    this.#chosen.clear();
    this.#whole.clear();
    this.#changed();
    this.#search.focus();
  }

  async #selectFound() {
    const words = this.#search.value.trim();
    const count = this.#count;
    try {
      await busy(this.#everything, async () => {
        for (let page = 1; (page - 1) * MOST_AT_ONCE < Math.min(count, this.#most); page += 1) {
          const { results } = await this.#ask(words, { page, page_size: MOST_AT_ONCE }, this.#signal);
          for (const one of results) this.#chosen.set(one.id, chosen(one));
        }
      });
      if (count > this.#most) toast(`At most ${plural(this.#most, "document")} can be asked at once.`, { tone: "danger" });
      this.#changed();
    } catch (error) {
      toastProblem(error);
    }
  }

  #drawTotal() {
    const whole = this.#all.filter(({ name }) => this.#whole.has(name));
    const single = [...this.#chosen.values()].filter(({ collection }) => !this.#whole.has(collection));
    const count = whole.reduce((sum, { documents }) => sum + documents, single.length);
    // An earlier batch does not tell how long its documents are: where that is unknown, no sum is true.
    const isKnown = single.every(({ tokens }) => Number.isInteger(tokens));
    const tokens = single.reduce((sum, one) => sum + one.tokens, 0)
      + whole.reduce((sum, { characters }) => sum + Math.round(characters / CHARACTERS_PER_TOKEN), 0);
    const about = isKnown && tokens ? ` · about ${plural(tokens, "token")}` : "";
    setText(this.#total, count ? `${plural(count, "document")} chosen${about}` : "No document is chosen yet.");
    this.#none.hidden = count === 0;
  }

  #nothing() {
    if (this.#search.value.trim()) return emptyState({ sign: "search", title: "Nothing found", text: "No document has these words in it." });
    const action = h("a", { class: "button button-primary", href: "/documents" }, "Add documents");
    return emptyState({ sign: "file", title: "No documents yet", text: "Bring the texts first. What you write here is kept meanwhile.", action });
  }
}
