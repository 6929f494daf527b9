// The batches of prompts: begin one, find one, see which ones are being answered.

import { call } from "../api.js";
import { button, emptyState, errorState, showPager, skeleton } from "../components/basics.js";
import { fill, h } from "../dom.js";
import { feed } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { keys } from "../keys.js";
import { batchRow } from "../prompts/batch-row.js";
import { subnav } from "../prompts/subnav.js";
import { go } from "../router.js";
import { Page } from "./page.js";

const SIZE = 25;
const SETTLE_MS = 250;
const KINDS = ["batch", "requests"];
const STATES = [["", "Every state"], ["started", "Running"], ["queued", "Waiting"], ["completed", "Done"], ["failed", "Failed"], ["cancelled", "Cancelled"]];

class PromptsPage extends Page {
  #search = h("input", { type: "search", class: "input", placeholder: "Search titles", "aria-label": "Search batches" });
  #status = h("select", { class: "input", "aria-label": "State" }, STATES.map(([value, label]) => h("option", { value }, label)));
  #found = h("p", { class: "muted small", role: "status" });
  #state = h("div", {}, skeleton());
  #list = h("ul", { class: "rows" });
  #pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  #page = 1;
  #rows = new Map();
  #reading = null;
  #timer = null;

  start() {
    const words = h("div", {}, h("h1", {}, "Prompts"), h("p", {}, "The same prompts over many documents; every answer in one table."));
    const fresh = h("a", { class: "button button-primary", href: "/prompts/new" }, icon("plus"), "New batch");
    const filters = h("div", { class: "filters" }, this.#status);
    const tools = h("div", { class: "toolbar" }, h("div", { class: "searchbox" }, icon("search"), this.#search), filters, this.#found, fresh);
    const list = h("div", { class: "card" }, this.#state, this.#list, this.#pager);
    fill(this, h("div", { class: "page-head" }, words, subnav("/prompts")), tools, list);
    this.listen(this.#search, "input", () => this.#soon(1, SETTLE_MS));
    this.listen(this.#status, "change", () => this.#turnTo(1));
    this.listen(feed, "job", ({ detail }) => this.#take(detail));
    this.listen(feed, "removed", ({ detail }) => this.#rows.has(detail.id) && this.#soon());
    this.listen(feed, "reset", () => this.#soon());
    this.signal.addEventListener("abort", () => clearTimeout(this.#timer));
    keys(this.signal, { "/": () => this.#search.focus(), n: () => go("/prompts/new") });
    this.#load();
  }

  #soon(page = this.#page, wait = SETTLE_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turnTo(page), wait);
  }

  #turnTo(page) {
    this.#page = page;
    this.#load();
  }

  async #load() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#reading.signal]);
    const wanted = { search: this.#search.value.trim(), status: this.#status.value };
    try {
      const query = { ...wanted, page: this.#page, page_size: SIZE };
      this.#show(await call("GET", "/api/batches", { query, signal }), wanted);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404 && this.#page > 1) this.#turnTo(1);
      else fill(this.#state, errorState(error, () => this.#load()));
    }
  }

  #show({ results, count }, { search, status }) {
    const isFiltered = Boolean(search || status);
    fill(this.#state, count ? null : this.#nothing(isFiltered));
    const before = this.#rows;
    this.#rows = new Map(results.map(({ id }) => [id, before.get(id) ?? batchRow()]));
    // The feed is never older than this answer, so its state of a job wins.
    for (const batch of results) this.#rows.get(batch.id).update({ ...batch, job: feed.get(batch.id) ?? batch.job });
    const elements = [...this.#rows.values()].map(({ element }) => element);
    const shown = [...this.#list.children];
    const same = shown.length === elements.length && elements.every((element, index) => shown[index] === element);
    if (!same) fill(this.#list, elements); // moving what stands right would take the focus away
    this.#found.textContent = isFiltered ? `${plural(count, "batch", "batches")} found` : "";
    showPager(this.#pager, { page: this.#page, count, size: SIZE, onPage: (page) => this.#turnTo(page) });
  }

  #take({ job, before }) {
    if (!KINDS.includes(job.kind)) return;
    this.#rows.get(job.id)?.updateJob(job);
    // What the batch counts itself, as its failures, is told there: the list asks when a job begins and ends.
    if (before?.status !== job.status) this.#soon();
  }

  #nothing(isFiltered) {
    if (isFiltered) {
      const clear = button({ label: "Show all", onClick: () => this.#showEverything() });
      return emptyState({ sign: "search", title: "Nothing found", text: "No batch fits what you look for.", action: clear });
    }
    const begin = h("a", { class: "button button-primary", href: "/prompts/new" }, "New batch");
    return emptyState({
      sign: "prompts",
      title: "Ask all your documents at once",
      text: "Choose documents, write one or more prompts, and watch a table of answers fill. It goes on when you close the page.",
      action: begin,
    });
  }

  #showEverything() {
    this.#search.value = this.#status.value = "";
    this.#turnTo(1);
    this.#search.focus();
  }
}

customElements.define("page-prompts", PromptsPage);

export default "page-prompts";
