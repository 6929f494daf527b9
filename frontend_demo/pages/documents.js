// The documents: upload many, find them by collection and words, read, rename, replace and delete them.

import { call } from "../api.js";
import { button, emptyState, errorState, showPager, skeleton } from "../components/basics.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { deleteDialog, editDialog, readDialog, replaceDocument } from "../prompts/document-dialogs.js";
import { documentRow } from "../prompts/document-row.js";
import { DocumentSelection } from "../prompts/document-selection.js";
import { DocumentUploadCard } from "../prompts/document-upload-card.js";
import { subnav } from "../prompts/subnav.js";
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
  #selection = new DocumentSelection({ onDelete: (documents) => this.#delete(documents) });
  #card = null;
  #page = 1;
  #rows = new Map();
  #reading = null;
  #timer = null;

  start() {
    this.#card = new DocumentUploadCard(this.signal, { onAdded: () => this.#soon() });
    const words = h("div", {}, h("h1", {}, "Documents"), h("p", {}, "Texts that you ask the same questions, one or many at a time."));
    const search = h("div", { class: "searchbox" }, icon("search"), this.#search);
    const filters = h("div", { class: "filters" }, this.#collection, this.#status);
    const tools = h("div", { class: "toolbar" }, search, filters, this.#found);
    const list = h("div", { class: "card" }, this.#selection.element, this.#state, this.#list, this.#pager);
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
      this.#selection.renew(data);
      if (this.#rows.has(data.id)) this.#rows.get(data.id).update(data);
      else this.#soon();
    } else if (event === "document_removed") {
      this.#selection.drop([data.id]);
      if (this.#rows.has(data.id)) this.#soon();
    }
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
    for (const document of documents) this.#rows.get(document.id).update(document);
    const elements = [...this.#rows.values()].map(({ element }) => element);
    const now = [...this.#list.children];
    const same = now.length === elements.length && elements.every((element, index) => now[index] === element);
    if (!same) fill(this.#list, elements); // moving what stands right would take the focus away
    setText(this.#found, isFiltered ? `${plural(count, "document")} found` : "");
    showPager(this.#pager, { page: this.#page, count, size: SIZE, onPage: (page) => this.#turnTo(page) });
    this.#selection.show(this.#rows);
  }

  #row() {
    return documentRow({
      onRead: readDialog,
      onEdit: (document) => editDialog(document, (fresh) => this.#take("document", fresh)),
      onReplace: replaceDocument,
      onDelete: (document) => this.#delete([document]),
      onSelect: (document, isSelected) => this.#selection.set(document, isSelected),
    });
  }

  #delete(documents) {
    deleteDialog(documents, (ids) => {
      this.#selection.drop(ids);
      this.#soon();
    });
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
