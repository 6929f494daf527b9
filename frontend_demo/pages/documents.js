// The documents: upload many, find them by collection and words, read, rename, replace and delete them.

import { call } from "../api.js";
import { button, emptyState, errorState, showPager, skeleton } from "../components/basics.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { deleteDialog, editDialog, readDialog, replaceDocument } from "../prompts/document-dialogs.js";
import { documentRow } from "../prompts/document-row.js";
import { DocumentUploadCard } from "../prompts/document-upload-card.js";
import { promptThese } from "../prompts/draft.js";
import { subnav } from "../prompts/subnav.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { Page } from "./page.js";

const SIZE = 25;
const SETTLE_MS = 250;
const STATES = [["", "Every state"], ["ready", "Ready"], ["reading", "Being read"], ["error", "Not readable"]];

class DocumentsPage extends Page {
  dropWords = "Drop to add documents";
  #search = h("input", { type: "search", class: "input", placeholder: "Search titles and text", "aria-label": "Search documents" });
  #collection = h("select", { class: "input", "aria-label": "Collection" }, h("option", { value: "" }, "Every collection"));
  #status = h("select", { class: "input", "aria-label": "State" }, STATES.map(([value, label]) => h("option", { value }, label)));
  #found = h("p", { class: "muted small", role: "status" });
  #state = h("div", {}, skeleton());
  #list = h("ul", { class: "rows" });
  #pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  #bar = h("div", { class: "selection", hidden: true });
  #card = null;
  #page = 1;
  #rows = new Map();
  #shown = new Map();
  #selected = new Map();
  #reading = null;
  #timer = null;

  start() {
    this.#card = new DocumentUploadCard(this.signal, { onAdded: () => this.#soon() });
    const words = h("div", {}, h("h1", {}, "Documents"), h("p", {}, "Texts that you ask the same questions, one or many at a time."));
    const search = h("div", { class: "searchbox" }, icon("search"), this.#search);
    const filters = h("div", { class: "filters" }, this.#collection, this.#status);
    const tools = h("div", { class: "toolbar" }, search, filters, this.#found);
    const list = h("div", { class: "card" }, this.#bar, this.#state, this.#list, this.#pager);
    fill(this, h("div", { class: "page-head" }, words, subnav("/documents")), this.#card.element, tools, list);
    this.listen(this.#search, "input", () => this.#soon(1));
    for (const select of [this.#collection, this.#status]) this.listen(select, "change", () => this.#turnTo(1));
    // Whatever is missed while the line is down comes with the snapshot.
    const topic = stentor.subscribe(`user:${session.user.id}`, {
      onSnapshot: () => this.#load(),
      onEvent: ({ event, data }) => this.#take(event, data),
    });
    this.signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      topic.close();
    });
    this.#load();
  }

  /** Files that are dropped or pasted anywhere on this page. */
  takeFiles(files) {
    this.#card.takeFiles(files);
  }

  #take(event, data) {
    if (event === "document") {
      if (this.#shown.has(data.id)) this.#update(data);
      else this.#soon();
    } else if (event === "document_removed") {
      this.#selected.delete(data.id);
      this.#showSelection();
      if (this.#shown.has(data.id)) this.#soon();
    }
  }

  #update(document) {
    this.#shown.set(document.id, document);
    if (this.#selected.has(document.id)) this.#selected.set(document.id, document);
    this.#rows.get(document.id).update(document);
  }

  #soon(page = this.#page) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turnTo(page), SETTLE_MS);
  }

  #turnTo(page) {
    this.#page = page;
    this.#load();
  }

  async #load() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#reading.signal]);
    const wanted = { search: this.#search.value.trim(), collection: this.#collection.value, status: this.#status.value };
    const query = { ...wanted, page: this.#page, page_size: SIZE };
    try {
      const [{ results, count }, collections] = await Promise.all([
        call("GET", "/api/documents", { query, signal }),
        call("GET", "/api/collections", { signal }),
      ]);
      this.#showCollections(collections.results);
      this.#show(results, count, wanted);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404 && this.#page > 1) this.#turnTo(1);
      else fill(this.#state, errorState(error, () => this.#load()));
    }
  }

  #showCollections(collections) {
    const chosen = this.#collection.value;
    const options = collections.map(({ name, documents }) => h("option", { value: name }, `${name} (${documents})`));
    fill(this.#collection, h("option", { value: "" }, "Every collection"), options);
    this.#collection.value = collections.some(({ name }) => name === chosen) ? chosen : "";
    this.#card.collections = collections.map(({ name }) => name);
  }

  #show(documents, count, wanted) {
    const isFiltered = Object.values(wanted).some(Boolean);
    fill(this.#state, count ? null : this.#nothing(isFiltered));
    const before = this.#rows;
    this.#rows = new Map(documents.map(({ id }) => [id, before.get(id) ?? this.#row()]));
    this.#shown = new Map();
    for (const document of documents) {
      this.#update(document);
      this.#rows.get(document.id).box.checked = this.#selected.has(document.id);
    }
    const elements = [...this.#rows.values()].map(({ element }) => element);
    const now = [...this.#list.children];
    const same = now.length === elements.length && elements.every((element, index) => now[index] === element);
    if (!same) fill(this.#list, elements); // moving what stands right would take the focus away
    setText(this.#found, isFiltered ? `${plural(count, "document")} found` : "");
    showPager(this.#pager, { page: this.#page, count, size: SIZE, onPage: (page) => this.#turnTo(page) });
    this.#showSelection();
  }

  #row() {
    return documentRow({
      onRead: readDialog,
      onEdit: (document) => editDialog(document, (fresh) => this.#take("document", fresh)),
      onReplace: replaceDocument,
      onDelete: (document) => this.#delete([document]),
      onSelect: (document, isSelected) => {
        if (isSelected) this.#selected.set(document.id, document);
        else this.#selected.delete(document.id);
        this.#showSelection();
      },
    });
  }

  #delete(documents) {
    deleteDialog(documents, (ids) => {
      for (const id of ids) this.#selected.delete(id);
      this.#soon();
    });
  }

  #showSelection() {
    const chosen = [...this.#selected.values()];
    this.#bar.hidden = this.#shown.size === 0;
    const all = h("input", { type: "checkbox", class: "row-check", "aria-label": "Select all on this page" });
    const marked = [...this.#shown.keys()].filter((id) => this.#selected.has(id)).length;
    all.checked = marked > 0 && marked === this.#shown.size;
    all.indeterminate = marked > 0 && !all.checked;
    all.addEventListener("change", () => this.#selectShown(all.checked));
    const held = this.#bar.contains(document.activeElement) && document.activeElement.type === "checkbox";
    const words = h("span", { class: "numeric", role: "status" }, chosen.length ? `${chosen.length} selected` : "Select");
    const use = button({ label: "Use in a batch", sign: "prompts", kind: "outline", onClick: () => this.#prompt(chosen) });
    const drop = button({ label: "Delete", sign: "trash", kind: "outline", onClick: () => this.#delete(chosen) });
    const none = button({ label: "Clear", kind: "quiet", onClick: () => this.#clear() });
    fill(this.#bar, all, words, chosen.length > 0 && h("div", { class: "actions" }, use, drop, none));
    if (held) all.focus();
  }

  #selectShown(isSelected) {
    for (const [id, document] of this.#shown) {
      if (isSelected) this.#selected.set(id, document);
      else this.#selected.delete(id);
      this.#rows.get(id).box.checked = isSelected;
    }
    this.#showSelection();
  }

  #clear() {
    this.#selected.clear();
    for (const { box } of this.#rows.values()) box.checked = false;
    this.#showSelection();
  }

  #prompt(documents) {
    promptThese(documents.filter(({ status }) => status === "ready"));
    go("/prompts/new");
  }

  #nothing(isFiltered) {
    if (!isFiltered) {
      const text = "Drop files anywhere on this page, or add a transcript. When they have been read, a batch of prompts can ask all of them at once.";
      return emptyState({ sign: "file", title: "No documents yet", text });
    }
    const clear = button({ label: "Show all", onClick: () => this.#showEverything() });
    return emptyState({ sign: "search", title: "Nothing found", text: "No document fits what you look for.", action: clear });
  }

  #showEverything() {
    for (const input of [this.#search, this.#collection, this.#status]) input.value = "";
    this.#turnTo(1);
    this.#search.focus();
  }
}

customElements.define("page-documents", DocumentsPage);

export default "page-documents";
