// The documents: upload many, find them by collection and words, read, rename, replace and delete them.

import { call } from "../api.js";
import { button, emptyState, errorState, skeleton } from "../components/basics.js";
import { Paging } from "../components/paging.js";
import { arrange, fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { deleteDialog, editDialog, readDialog, replaceDocument } from "../prompts/document-dialogs.js";
import { documentRow } from "../prompts/document-row.js";
import { DocumentSelection } from "../prompts/document-selection.js";
import { DocumentUploadCard } from "../prompts/document-upload-card.js";
import { subnav } from "../prompts/subnav.js";
import { TAKEN } from "../prompts/words.js";
import { session } from "../session.js";
import { Page } from "./page.js";

const SIZE = 25;
const STATES = [["", "Every state"], ["ready", "Ready"], ["reading", "Being read"], ["error", "Not readable"]];

class DocumentsPage extends Page {
  takes = { words: "Drop to add documents", types: TAKEN, most: 5000 };
  #search = h("input", { type: "search", class: "input", placeholder: "Search titles and text", "aria-label": "Search documents" });
  #collection = h("select", { class: "input", "aria-label": "Collection" }, h("option", { value: "" }, "Every collection"));
  #status = h("select", { class: "input", "aria-label": "State" }, STATES.map(([value, label]) => h("option", { value }, label)));
  #found = h("p", { class: "muted small", role: "status" });
  #state = h("div", {}, skeleton());
  #list = h("ul", { class: "rows" });
  #selection = new DocumentSelection({ onDelete: (documents) => this.#delete(documents) });
  #card = null;
  #paging = null;
  #rows = new Map();
  /** What events have told since the list was asked for. */
  #told = new Map();

  start() {
    this.#paging = new Paging({
      signal: this.signal,
      size: SIZE,
      ask: (page, signal) => this.#ask(page, signal),
      show: (found) => this.#show(found),
      fail: (error) => fill(this.#state, errorState(error, () => this.#paging.load())),
    });
    this.#card = new DocumentUploadCard(this.signal, { onAdded: () => this.#paging.load() });
    const words = h("div", {}, h("h1", {}, "Documents"), h("p", {}, "Texts that you ask the same questions, one or many at a time."));
    const search = h("div", { class: "searchbox" }, icon("search"), this.#search);
    const filters = h("div", { class: "filters" }, this.#collection, this.#status);
    const tools = h("div", { class: "toolbar" }, search, filters, this.#found);
    const list = h("div", { class: "card" }, this.#selection.element, this.#state, this.#list, this.#paging.pager);
    fill(this, h("div", { class: "page-head" }, words, subnav("/documents")), this.#card.element, tools, list);
    this.listen(this.#search, "input", () => this.#paging.lookSoon());
    for (const select of [this.#collection, this.#status]) this.listen(select, "change", () => this.#paging.turnTo(1));
    // Whatever is missed while the line is down comes with the snapshot.
    const topic = stentor.subscribe(`user:${session.user.id}`, {
      onSnapshot: () => this.#paging.load(),
      onEvent: ({ event, data }) => this.#take(event, data),
    });
    this.signal.addEventListener("abort", () => topic.close());
    this.#paging.load();
  }

  /** Files that are dropped or pasted anywhere on this page. */
  takeFiles(files) {
    this.#card.takeFiles(files);
  }

  #take(event, data) {
    if (event === "document") {
      this.#told.set(data.id, data);
      this.#selection.renew(data);
      this.#rows.get(data.id)?.update(data);
    } else if (event === "document_removed") this.#selection.drop([data.id]);
    else return;
    // What is found, and how much is in each collection, may be different now.
    this.#paging.renew();
  }

  async #ask(page, signal) {
    this.#told.clear();
    const wanted = { search: this.#search.value.trim(), collection: this.#collection.value, status: this.#status.value };
    const [found, { results: collections }] = await Promise.all([
      call("GET", "/api/documents", { query: { ...wanted, ...page }, signal }),
      call("GET", "/api/collections", { signal }),
    ]);
    return { documents: found.results, count: found.count, collections, wanted };
  }

  #show({ documents, count, collections, wanted }) {
    this.#offer(collections);
    if (this.#collection.value !== wanted.collection) {
      this.#paging.turnTo(1); // nothing is in that collection any more
      return;
    }
    const isFiltered = Object.values(wanted).some(Boolean);
    fill(this.#state, count ? null : this.#nothing(isFiltered));
    const before = this.#rows;
    this.#rows = new Map(documents.map(({ id }) => [id, before.get(id) ?? this.#row()]));
    for (const document of documents) this.#rows.get(document.id).update(this.#told.get(document.id) ?? document);
    arrange(this.#list, [...this.#rows.values()].map(({ element }) => element));
    setText(this.#found, isFiltered ? `${plural(count, "document")} found` : "");
    this.#paging.count(count);
    this.#selection.show(this.#rows);
  }

  /** The collections that there are. An open list of choices would close if they were filled in anew each time. */
  #offer(collections) {
    const known = JSON.stringify(collections.map(({ name, documents }) => [name, documents]));
    if (this.#collection.dataset.of === known) return;
    this.#collection.dataset.of = known;
    const chosen = this.#collection.value;
    const options = collections.map(({ name, documents }) => h("option", { value: name }, `${name} (${documents})`));
    fill(this.#collection, h("option", { value: "" }, "Every collection"), options);
    this.#collection.value = collections.some(({ name }) => name === chosen) ? chosen : "";
    this.#card.collections = collections.map(({ name }) => name);
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
      this.#paging.load();
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
    this.#paging.turnTo(1);
    this.#search.focus();
  }
}

customElements.define("page-documents", DocumentsPage);

export default "page-documents";
