// One batch: how far it is, and the table of its answers as they come.

import { button, emptyState, errorState, skeleton } from "../components/basics.js";
import { announce, toast, toastProblem } from "../components/toast.js";
import { fill, h } from "../dom.js";
import { stentor } from "../feed.js";
import { isActive, stateOf } from "../job-words.js";
import { keys } from "../keys.js";
import { BatchHead } from "../prompts/batch-head.js";
import { BatchRows } from "../prompts/batch-rows.js";
import { CellDialog } from "../prompts/cell-dialog.js";
import { readDialog } from "../prompts/document-dialogs.js";
import { BatchGrid } from "../prompts/grid.js";
import { GridPlace } from "../prompts/grid-place.js";
import { GridTools } from "../prompts/grid-tools.js";
import { offered } from "../prompts/offered.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { Page } from "./page.js";

class BatchPage extends Page {
  #batch = null;
  /** The job as its own topic tells it, which knows it best. */
  #job = null;
  #rows = new BatchRows();
  #head = null;
  #grid = null;
  #tools = null;
  #place = null;
  #dialog = null;
  #nothing = h("div", { hidden: true });
  #topics = [];
  #milestone = 0;
  #isPlaced = false;
  /** The cell that was open before a reload, until its row is known. */
  #toOpen = null;

  start() {
    this.classList.add("page-batch");
    this.#place = new GridPlace(this.signal);
    const { only, search, cell } = this.#place.now;
    this.#toOpen = cell;
    this.#rows.filter = { only, search };
    // Numbers come as events, in order; an answer may be older than what has come meanwhile.
    this.#head = new BatchHead(this.signal, ({ title, shared_with }) => this.#update({ ...this.#batch, title, shared_with }));
    this.#tools = new GridTools({ only, search }, this.signal, (filter) => this.#filter(filter));
    this.#grid = new BatchGrid(this.#rows, this.signal, {
      onOpen: (index, column) => this.#open(index, column),
      onName: ({ document, title }) => document && this.#isMine && readDialog({ id: document, title }),
      onMove: () => this.#isPlaced && this.#place.keep({ row: this.#grid.place }),
    });
    fill(this, h("h1", { class: "visually-hidden" }, "Batch"), h("div", { class: "card" }, skeleton(9)));
    this.listen(this.#rows, "change", () => this.#show());
    this.listen(this.#rows, "problem", ({ detail }) => toastProblem(detail));
    this.#follow();
    this.signal.addEventListener("abort", () => this.#leave());
    keys(this.signal, { "/": () => this.#tools.focus() });
    offered().then(({ currency }) => (this.#head.currency = currency), () => {}); // without it there are no prices either
  }

  /** Whoever a batch is shared with may read the answers; the documents stay their owner's. */
  get #isMine() {
    return this.#batch.job.owner === session.user?.username;
  }

  #follow() {
    const { id } = this.params;
    this.#topics = [
      stentor.subscribe(`batch:${id}`, {
        onSnapshot: (data) => this.#reset(data),
        onEvent: ({ event, data }) => this.#take(event, data),
        onClosed: (error) => error && fill(this, h("h1", {}, "Batch"), h("div", { class: "card" }, errorState(error, null))),
      }),
      stentor.subscribe(`job:${id}`, {
        onSnapshot: (data) => this.#takeJob(data.job ?? data),
        onEvent: ({ data }) => this.#takeJob(data),
      }),
    ];
  }

  #leave() {
    for (const topic of this.#topics) topic.close();
    this.#rows.stop();
    this.#dialog?.close();
  }

  #reset({ batch, states }) {
    const isFirst = this.#batch === null;
    this.#rows.reset(batch, states);
    if (isFirst) this.#build();
    this.#update(batch);
    this.#restore();
  }

  #build() {
    const focused = this.contains(document.activeElement);
    fill(this, this.#head.element, this.#tools.element, this.#grid.element, this.#nothing);
    if (focused) this.#head.focus();
  }

  #take(event, data) {
    if (event === "details") this.#update(data);
    else if (event === "cells") {
      this.#update({ ...this.#batch, totals: data.totals });
      this.#rows.take(data.cells);
    } else if (event === "deleted") {
      go("/prompts", { replace: true });
      toast("This batch was deleted.");
    }
  }

  #takeJob(job) {
    this.#job = job;
    if (!this.#batch) return;
    const before = this.#batch.job;
    this.#update(this.#batch);
    const quarter = job.status === "started" ? Math.floor(job.percent / 25) * 25 : 0;
    if (quarter > this.#milestone) announce(`${quarter} percent answered`);
    this.#milestone = quarter;
    if (before.status !== job.status && !isActive(job)) announce(`Batch: ${stateOf(job)[0]}`);
  }

  #update(batch) {
    this.#batch = { ...batch, job: this.#job ?? batch.job };
    this.#head.update(this.#batch);
    const first = batch.source === "requests" ? "Request" : "Document";
    this.#grid.show(batch.prompts, { first, isActive: isActive(this.#batch.job) });
  }

  #show() {
    const { count, isFiltered } = this.#rows;
    this.#tools.found = { count, isFiltered };
    const focused = this.#grid.element.contains(document.activeElement);
    this.#grid.element.hidden = count === 0;
    this.#nothing.hidden = count !== 0;
    if (count === 0 && !this.#nothing.childElementCount) fill(this.#nothing, this.#noRows());
    if (count === 0 && focused) this.#nothing.querySelector("button").focus();
    this.#dialog?.refresh();
    this.#restore();
  }

  #noRows() {
    const all = button({ label: "Show all", onClick: () => this.#tools.clear() });
    return h("div", { class: "card" }, emptyState({ sign: "search", title: "No such rows", text: "No row fits what you look for.", action: all }));
  }

  #filter(filter) {
    this.#toOpen = null;
    this.#rows.setFilter(filter);
    this.#place.keep({ ...filter, row: 0 });
    this.#grid.element.scrollTop = 0;
  }

  /** Come back to where the reader was before a reload, as soon as the rows are known. */
  #restore() {
    const { count } = this.#rows;
    if (!this.#grid.element.isConnected || count === null) return;
    if (!this.#isPlaced && this.#place.now.row > 0) {
      this.#grid.draw(); // only then is it as high as its rows
      this.#grid.goTo(this.#place.now.row);
    }
    this.#isPlaced = true;
    if (!this.#toOpen) return;
    const [index] = this.#toOpen;
    if (index < count && this.#rows.positionOf(index) === undefined) this.#rows.ask(index);
    else this.#open(...this.#toOpen);
  }

  #open(index, column) {
    this.#toOpen = null;
    const isThere = column < this.#batch.prompts.length && index < (this.#rows.count ?? 0);
    if (!isThere || this.#rows.positionOf(index) === undefined) {
      this.#place.keep({ cell: null });
      return;
    }
    this.#dialog = new CellDialog(this.#batch, this.#rows, {
      onMove: (...cell) => this.#place.keep({ cell }),
      onClose: (...cell) => this.#closed(...cell),
    });
    this.#dialog.show(index, column);
  }

  #closed(index, column) {
    this.#dialog = null;
    if (this.signal.aborted) return;
    this.#place.keep({ cell: null });
    if (this.#rows.count) this.#grid.focus(index, column + 1);
    else this.#nothing.querySelector("button")?.focus();
  }

}

customElements.define("page-batch", BatchPage);

export default "page-batch";
