// Reads a list page by page: what is asked for last wins, and many changes in a row are one reading.

import { h } from "../dom.js";
import { showPager } from "./basics.js";

const SETTLE_MS = 250;
const RENEW_MS = 400;

export class Paging {
  pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  #life;
  #size;
  #on;
  #page = 1;
  #reading = null;
  #isStale = false;
  #timer = null;

  /**
   * `ask({page, page_size}, signal)` resolves to what `show(answer)` shows; `fail(error)` is told what went wrong.
   * All of it ends with `signal`.
   */
  constructor({ signal, size, ask, show, fail }) {
    this.#life = signal;
    this.#size = size;
    this.#on = { ask, show, fail };
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  turnTo(page) {
    this.#page = page;
    this.load();
  }

  /** Something else is looked for, by somebody who may still be typing. */
  lookSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.turnTo(1), SETTLE_MS);
  }

  /** What is listed has changed. A reading that is on its way may be older than that, and is not cut short. */
  renew() {
    if (this.#reading) this.#isStale = true;
    else this.#timer ??= setTimeout(() => this.load(), RENEW_MS);
  }

  /** Say which page of so many entries this is. */
  count(entries) {
    const turn = { page: this.#page, count: entries, size: this.#size };
    const known = JSON.stringify(turn);
    if (this.pager.dataset.of === known) return;
    this.pager.dataset.of = known;
    showPager(this.pager, { ...turn, onPage: (page) => this.turnTo(page) });
  }

  async load() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#isStale = false;
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    const signal = AbortSignal.any([this.#life, reading.signal]);
    try {
      const answer = await this.#on.ask({ page: this.#page, page_size: this.#size }, signal);
      if (!signal.aborted) this.#on.show(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404 && this.#page > 1) this.turnTo(1);
      else this.#on.fail(error);
    }
    if (this.#reading !== reading) return; // another page is asked for already
    this.#reading = null;
    if (this.#isStale) this.renew();
  }
}
