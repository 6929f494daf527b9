// The rows of a batch as far as they are known: the state of every cell, and pages of rows around what is looked at.

import { call } from "../api.js";

const SIZE = 100;
const SETTLE_MS = 80;
/** How long a filtered list may lag behind what comes in. */
const REFRESH_MS = 1000;
const RETRY_MS = 3000;
const LETTERS = { done: "d", failed: "f" };
const WANTED = { ...LETTERS, waiting: "." };

/**
 * Rows are counted by `index`, their place in what the filter shows; `row.row` is their place in the batch.
 * Events: "change" (something shown may be different), "problem" (detail: the error).
 */
export class BatchRows extends EventTarget {
  filter = { only: "all", search: "" };
  /** How many rows the filter shows; null while that is not known. */
  count = null;
  #id = null;
  #columns = 0;
  #states = [];
  #pages = new Map();
  #stale = new Set();
  #asking = new Map();
  /** Cells that came while pages were on their way: the answers may be older than these. */
  #fresh = new Map();
  #wanted = [0, 0];
  #timer = null;
  #refreshing = null;
  #hasFailed = false;
  #stopped = false;

  get isFiltered() {
    return this.filter.only !== "all" || this.filter.search !== "";
  }

  /** Begin anew with a snapshot; rows that are known are shown until newer ones have come. */
  reset({ id, rows, prompts }, states) {
    this.#id = id;
    this.#columns = prompts.length;
    this.#states = [...states];
    this.#fresh.clear();
    this.#abandon();
    if (!this.isFiltered) this.count = rows;
    this.#ask();
    this.#tell();
  }

  setFilter(filter) {
    this.filter = { ...this.filter, ...filter };
    this.#pages.clear();
    this.#abandon();
    this.count = this.isFiltered ? null : this.#states.length / Math.max(1, this.#columns);
    this.#wanted = [0, 0];
    this.#ask();
    this.#tell();
  }

  /** Cells have ended. */
  take(cells) {
    for (const cell of cells) {
      this.#states[cell.row * this.#columns + cell.column] = LETTERS[cell.status];
      if (this.#asking.size) this.#fresh.set(`${cell.row}.${cell.column}`, cell);
    }
    const byRow = grouped(cells);
    for (const rows of this.#pages.values()) for (const row of rows) place(row, byRow.get(row.row));
    if (this.filter.only !== "all") this.#refreshSoon();
    this.#tell();
  }

  rowAt(index) {
    return this.#pages.get(Math.floor(index / SIZE))?.[index % SIZE];
  }

  /** Its place in the batch; undefined while that is not known. */
  positionOf(index) {
    return this.isFiltered ? this.rowAt(index)?.row : index;
  }

  /** Where the filter shows the row of that place in the batch; where it does not, the place of the next one. */
  indexOf(position) {
    if (!this.isFiltered) return position;
    for (const page of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const at = this.#pages.get(page).findIndex(({ row }) => row >= position);
      if (at >= 0) return page * SIZE + at;
    }
    return this.count ?? 0;
  }

  /** ".", "d" or "f". */
  stateOf(position, column) {
    return this.#states[position * this.#columns + column] ?? ".";
  }

  /** Whether the filter is for this cell, and not only for another one of its row. */
  fits(index, column) {
    const position = this.positionOf(index);
    return this.filter.only === "all" || position === undefined || this.stateOf(position, column) === WANTED[this.filter.only];
  }

  /** These rows are looked at; where nothing is known yet, the first ones. */
  need(first, last) {
    this.#wanted = [first, Math.max(first, last)];
    if (this.#timer || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ask();
    }, SETTLE_MS);
  }

  /** This row is wanted too, in view or not. */
  ask(index) {
    const isThere = index >= 0 && (this.count === null || index < this.count);
    if (isThere) this.#bring(Math.floor(index / SIZE));
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#refreshing);
    for (const reading of this.#asking.values()) reading.abort();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }

  /** What is known or on its way may be out of date. */
  #abandon() {
    for (const reading of this.#asking.values()) reading.abort();
    this.#asking.clear();
    this.#stale = new Set(this.#pages.keys());
  }

  #refreshSoon() {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = null;
      this.#stale = new Set(this.#pages.keys());
      this.#ask();
    }, REFRESH_MS);
  }

  #ask() {
    if (this.#id === null || this.#stopped) return;
    const [first, last] = this.#wanted.map((index) => Math.floor(index / SIZE));
    for (let page = first; page <= last; page += 1) this.#bring(page);
  }

  #bring(page) {
    const isKnown = this.#pages.has(page) && !this.#stale.has(page);
    if (!isKnown && !this.#asking.has(page)) this.#load(page);
  }

  async #load(page) {
    const reading = new AbortController();
    this.#asking.set(page, reading);
    this.#stale.delete(page); // what comes from now on makes it stale again
    const query = { offset: String(page * SIZE), limit: SIZE, ...this.filter };
    try {
      const answer = await call("GET", `/api/batches/${this.#id}/rows`, { query, signal: reading.signal });
      this.#store(page, answer);
    } catch (error) {
      if (reading.signal.aborted) return;
      this.#stale.add(page);
      this.#fail(error);
    } finally {
      if (this.#asking.get(page) === reading) this.#asking.delete(page);
      if (!this.#asking.size) this.#fresh.clear();
    }
    if (!this.#hasFailed) this.#ask();
  }

  /** Try again what may succeed then, and say it once. */
  #fail(error) {
    if (!this.#hasFailed) this.dispatchEvent(new CustomEvent("problem", { detail: error }));
    this.#hasFailed = true;
    if (error.status >= 400 && error.status < 500 && error.status !== 429) return;
    setTimeout(() => this.#ask(), RETRY_MS);
  }

  #store(page, { count, rows }) {
    this.#hasFailed = false;
    for (const row of rows) {
      row.cells = row.cells.map((cell, column) => cell ?? this.#fresh.get(`${row.row}.${column}`) ?? null);
    }
    this.#pages.set(page, rows);
    if (this.isFiltered) this.count = count;
    this.#tell();
  }
}

function place(row, cells) {
  for (const cell of cells ?? []) row.cells[cell.column] = cell;
}

function grouped(cells) {
  const groups = new Map();
  for (const cell of cells) groups.set(cell.row, [...(groups.get(cell.row) ?? []), cell]);
  return groups;
}
