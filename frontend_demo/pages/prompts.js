// The batches of prompts: begin one, find one, see which ones are being answered.

import { call } from "../api.js";
import { button, emptyState, errorState, skeleton } from "../components/basics.js";
import { Paging } from "../components/paging.js";
import { arrange, fill, h } from "../dom.js";
import { feed } from "../feed.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { keys } from "../keys.js";
import { batchRow } from "../prompts/batch-row.js";
import { subnav } from "../prompts/subnav.js";
import { go } from "../router.js";
import { Page } from "./page.js";

const SIZE = 25;
const KINDS = ["batch", "requests"];
const STATES = [["", "Every state"], ["started", "Running"], ["queued", "Waiting"], ["completed", "Done"], ["failed", "Failed"], ["cancelled", "Cancelled"]];

class PromptsPage extends Page {
  #search = h("input", { type: "search", class: "input", placeholder: "Search titles", "aria-label": "Search batches" });
  #status = h("select", { class: "input", "aria-label": "State" }, STATES.map(([value, label]) => h("option", { value }, label)));
  #found = h("p", { class: "muted small", role: "status" });
  #state = h("div", {}, skeleton());
  #list = h("ul", { class: "rows" });
  #rows = new Map();
  #paging = null;

  start() {
    this.#paging = new Paging({
      signal: this.signal,
      size: SIZE,
      ask: (page, signal) => this.#ask(page, signal),
      show: (found) => this.#show(found),
      fail: (error) => fill(this.#state, errorState(error, () => this.#paging.load())),
    });
    const words = h("div", {}, h("h1", {}, "Prompts"), h("p", {}, "The same prompts over many documents; every answer in one table."));
    const fresh = h("a", { class: "button button-primary", href: "/prompts/new" }, icon("plus"), "New batch");
    const filters = h("div", { class: "filters" }, this.#status);
    const tools = h("div", { class: "toolbar" }, h("div", { class: "searchbox" }, icon("search"), this.#search), filters, this.#found, fresh);
    const list = h("div", { class: "card" }, this.#state, this.#list, this.#paging.pager);
    fill(this, h("div", { class: "page-head" }, words, subnav("/prompts")), tools, list);
    this.listen(this.#search, "input", () => this.#paging.lookSoon());
    this.listen(this.#status, "change", () => this.#paging.turnTo(1));
    this.listen(feed, "job", ({ detail }) => this.#take(detail));
    this.listen(feed, "removed", ({ detail }) => this.#rows.has(detail.id) && this.#paging.renew());
    this.listen(feed, "reset", () => this.#paging.renew());
    keys(this.signal, { "/": () => this.#search.focus(), n: () => go("/prompts/new") });
    this.#paging.load();
  }

  async #ask(page, signal) {
    const wanted = { search: this.#search.value.trim(), status: this.#status.value };
    const found = await call("GET", "/api/batches", { query: { ...wanted, ...page }, signal });
    return { ...found, isFiltered: Boolean(wanted.search || wanted.status) };
  }

  #show({ results, count, isFiltered }) {
    fill(this.#state, count ? null : this.#nothing(isFiltered));
    const before = this.#rows;
    this.#rows = new Map(results.map(({ id }) => [id, before.get(id) ?? batchRow()]));
    // The feed is never older than this answer, so its state of a job wins.
    for (const batch of results) this.#rows.get(batch.id).update({ ...batch, job: feed.get(batch.id) ?? batch.job });
    arrange(this.#list, [...this.#rows.values()].map(({ element }) => element));
    this.#found.textContent = isFiltered ? `${plural(count, "batch", "batches")} found` : "";
    this.#paging.count(count);
  }

  #take({ job, before }) {
    if (!KINDS.includes(job.kind)) return;
    this.#rows.get(job.id)?.updateJob(job);
    // What the batch counts itself, as its failures, is told there: the list asks when a job begins and ends.
    if (before?.status !== job.status) this.#paging.renew();
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
    this.#paging.turnTo(1);
    this.#search.focus();
  }
}

customElements.define("page-prompts", PromptsPage);

export default "page-prompts";
