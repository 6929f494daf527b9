// The jobs page: everything that runs, waits or has ended, with live bars.

import { call } from "../api.js";
import { emptyState, errorState, showPager, skeleton } from "../components/basics.js";
import { jobRow } from "../components/job.js";
import { tabList } from "../components/tabs.js";
import { fill, h } from "../dom.js";
import { feed } from "../feed.js";
import { Page } from "./page.js";

const SIZE = 25;
const TABS = [
  { key: "", label: "All" },
  { key: "started", label: "Running" },
  { key: "queued", label: "Waiting" },
  { key: "completed", label: "Done" },
  { key: "failed", label: "Failed" },
  { key: "cancelled", label: "Cancelled" },
];

class JobsPage extends Page {
  #status = "";
  #page = 1;
  #rows = new Map();
  #reading = null;
  #list = h("div", { class: "rows" });
  #pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  #panel = h("div", { class: "card" }, this.#list, this.#pager);

  start() {
    const tabs = tabList({
      label: "Which jobs",
      tabs: TABS,
      panel: this.#panel,
      onPick: (key) => this.#turnTo(key, 1),
    });
    const head = h(
      "div",
      { class: "page-head" },
      h("div", {}, h("h1", {}, "Jobs"), h("p", {}, "Everything that takes time, as it happens.")),
      tabs,
    );
    fill(this, head, this.#panel);
    this.listen(feed, "job", ({ detail }) => this.#take(detail.job));
    this.listen(feed, "reset", () => this.#load());
    this.listen(feed, "removed", ({ detail }) => this.#drop(detail.id));
    fill(this.#list, skeleton());
    this.#load();
  }

  #turnTo(status, page) {
    this.#status = status;
    this.#page = page;
    this.#load();
  }

  async #load() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const signal = AbortSignal.any([this.signal, this.#reading.signal]);
    try {
      const query = { status: this.#status, page: this.#page, page_size: SIZE };
      const answer = await call("GET", "/api/jobs", { query, signal });
      this.#show(answer);
    } catch (error) {
      if (!signal.aborted) fill(this.#list, errorState(error, () => this.#load()));
    }
  }

  #show({ results, count }) {
    // The feed is never older than this answer, so its state of a job wins.
    const jobs = results.map((job) => feed.get(job.id) ?? job).filter((job) => this.#fits(job));
    const held = document.activeElement?.closest?.("st-job")?.job.id;
    if (held && this.#sameRows(jobs)) {
      for (const job of jobs) this.#rows.get(job.id).job = job;
    } else {
      this.#rows = new Map(jobs.map((job) => [job.id, jobRow(job)]));
      fill(this.#list, jobs.length ? [...this.#rows.values()] : this.#nothing());
    }
    showPager(
      this.#pager,
      { page: this.#page, count, size: SIZE, onPage: (page) => this.#turnTo(this.#status, page) },
    );
  }

  #sameRows(jobs) {
    return jobs.length === this.#rows.size && jobs.every((job) => this.#rows.has(job.id));
  }

  #take(job) {
    const row = this.#rows.get(job.id);
    if (row) row.job = job;
    // A row that has just ended stays where it is until the next visit, so that nothing jumps under the pointer.
    if (row || !this.#fits(job) || this.#page > 1) return;
    const fresh = jobRow(job);
    if (this.#rows.size === 0) fill(this.#list);
    this.#list.prepend(fresh);
    this.#rows.set(job.id, fresh);
  }

  #drop(id) {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    if (this.#rows.size === 0) fill(this.#list, this.#nothing());
  }

  #fits(job) {
    return !this.#status || job.status === this.#status;
  }

  #nothing() {
    if (this.#status) {
      const text = "Nothing is in this state at the moment.";
      return emptyState({ sign: "jobs", title: "No such jobs", text });
    }
    const action = h("a", { class: "button button-primary", href: "/" }, "Upload a recording");
    return emptyState({
      sign: "jobs",
      title: "No jobs yet",
      text: "Each recording that you upload becomes a job. It shows its place in the queue and how far it is.",
      action,
    });
  }
}

customElements.define("page-jobs", JobsPage);

export default "page-jobs";
