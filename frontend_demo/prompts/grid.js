// The table of a batch: a row for each document, a column for each prompt. Only what is in view is in the page.

import { fill, h } from "../dom.js";
import { gridRow } from "./grid-row.js";
import { gridKeys } from "./grid-keys.js";

const WIDE_ROW = 88;
/** On a phone the answers of a document stand below its name. */
const NARROW = { name: 60, cell: 80, gap: 12 };
const COVERED = 120;
const BEYOND = 6;

/** `onOpen(index, column)` for an answer, `onName(row)` for a document. */
export class BatchGrid {
  #rows;
  #prompts = [];
  #shown = new Map();
  #active = { index: 0, column: 1 };
  #isActive = false;
  #frame = 0;
  #narrow = matchMedia("(width <= 760px)");
  #head = h("div", { class: "grid-row grid-head", role: "row", "aria-rowindex": "1" });
  #body = h("div", { class: "grid-body", role: "rowgroup" });
  #onOpen;
  #onName;
  #onMove;
  element = h(
    "div",
    { class: "grid", role: "grid", "aria-label": "Answers", "aria-readonly": "true" },
    h("div", { class: "grid-top", role: "rowgroup" }, this.#head),
    this.#body,
  );

  constructor(rows, signal, { onOpen, onName, onMove }) {
    this.#rows = rows;
    this.#onOpen = onOpen;
    this.#onName = onName;
    this.#onMove = onMove;
    rows.addEventListener("change", () => this.#soon(), { signal });
    this.#narrow.addEventListener("change", () => this.#begin(), { signal });
    this.element.addEventListener("scroll", () => this.#soon(true), { signal, passive: true });
    window.addEventListener("scroll", () => this.#soon(true), { signal, passive: true });
    window.addEventListener("resize", () => this.#soon(), { signal });
    this.element.addEventListener("click", (event) => this.#onClick(event));
    this.element.addEventListener("focusin", (event) => this.#onFocus(event));
    this.element.addEventListener("keydown", (event) => gridKeys(event, this));
    signal.addEventListener("abort", () => cancelAnimationFrame(this.#frame));
  }

  get active() {
    return this.#active;
  }

  get size() {
    return { rows: this.#rows.count ?? 0, columns: this.#prompts.length + 1 };
  }

  /** How many rows fit into what is seen. */
  get pageSize() {
    return Math.max(1, Math.floor(this.#view().height / this.#height()) - 1);
  }

  /** The row at the top of what is seen. */
  get place() {
    return Math.max(0, Math.floor((this.#view().top + this.#lead()) / this.#height() + 0.05));
  }

  /** Show a column for each prompt; `first` names that of the rows, `isActive`: what is missing will still come. */
  show(prompts, { first, isActive }) {
    this.#isActive = isActive;
    const names = prompts.map(({ name }) => name);
    if (names.join("\n") === this.#prompts.map(({ name }) => name).join("\n") && this.#head.childElementCount) {
      this.#soon();
      return;
    }
    this.#prompts = prompts;
    this.element.style.setProperty("--prompts", String(prompts.length));
    this.element.setAttribute("aria-colcount", String(prompts.length + 1));
    fill(this.#head, columnHead(first, "", 1), prompts.map(({ name, value }, index) => columnHead(name, value, index + 2)));
    this.#begin();
  }

  /** Scroll so that this row is the first one. */
  goTo(index) {
    if (this.#narrow.matches) window.scrollBy(0, this.#body.getBoundingClientRect().top + index * this.#height() - this.#lead());
    else this.element.scrollTop = index * this.#height();
    this.draw();
  }

  open(index, column) {
    if (column > 0) this.#onOpen(index, column - 1);
    else if (this.#rows.rowAt(index)) this.#onName(this.#rows.rowAt(index));
  }

  /** Put the focus on a cell, wherever that is. */
  focus(index, column) {
    this.#active = { index, column };
    if (!this.#shown.has(index)) this.goTo(Math.max(0, index - 1));
    this.draw();
    const cell = this.#shown.get(this.#active.index)?.cells[column];
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  draw() {
    const count = this.#rows.count ?? 0;
    const height = this.#height();
    this.#body.style.height = `${count * height}px`;
    this.element.setAttribute("aria-rowcount", String(count + 1));
    this.#active.index = Math.max(0, Math.min(this.#active.index, count - 1));
    const [first, last] = this.#window(count, height);
    this.#rows.need(first, last);
    const isHeld = this.element.contains(document.activeElement);
    const held = isHeld ? this.#active.index : -1;
    for (const [index, { element }] of this.#shown) {
      if ((index >= first && index <= last) || (index === held && index < count)) continue;
      element.remove();
      this.#shown.delete(index);
    }
    for (let index = first; index <= last; index += 1) if (!this.#shown.has(index)) this.#add(index, height);
    for (const [index, row] of this.#shown) this.#update(index, row);
    this.#mark();
    if (isHeld && !this.element.contains(document.activeElement)) this.#hold(last);
  }

  /** The row that had the focus is gone: the last one, or one in view, takes it. */
  #hold(last) {
    const index = this.#shown.has(this.#active.index) ? this.#active.index : last;
    this.#shown.get(index)?.cells[this.#active.column].focus({ preventScroll: true });
  }

  #soon(isMove = false) {
    if (isMove) this.#onMove();
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  #begin() {
    this.element.style.setProperty("--row", `${this.#height()}px`);
    this.#shown.clear();
    fill(this.#body);
    this.draw();
  }

  #height() {
    if (!this.#narrow.matches) return WIDE_ROW;
    return NARROW.name + NARROW.cell * this.#prompts.length + NARROW.gap;
  }

  /** So far below the window's edge the first row stands, where the bar of the page covers that. */
  #lead() {
    return this.#narrow.matches ? COVERED : 0;
  }

  /** What of the body is seen: from `top`, so many pixels. */
  #view() {
    const body = this.#body.getBoundingClientRect();
    const frame = this.element.getBoundingClientRect();
    const head = this.#narrow.matches ? 0 : this.#head.offsetHeight;
    const top = Math.max(frame.top + head, 0);
    return { top: top - body.top, height: Math.max(0, Math.min(frame.bottom, innerHeight) - top) };
  }

  #window(count, height) {
    const { top, height: seen } = this.#view();
    const first = Math.floor(top / height) - BEYOND;
    const last = Math.ceil((top + seen) / height) + BEYOND;
    return [Math.max(0, Math.min(first, count - 1)), Math.min(count - 1, Math.max(last, 0))];
  }

  /** In its place among the others, so that a reader of the page hears them in order. */
  #add(index, height) {
    const row = gridRow(this.#prompts);
    row.element.dataset.index = String(index);
    row.element.setAttribute("aria-rowindex", String(index + 2));
    row.element.style.transform = `translateY(${index * height}px)`;
    const next = [...this.#body.children].find(({ dataset }) => Number(dataset.index) > index);
    this.#body.insertBefore(row.element, next ?? null);
    this.#shown.set(index, row);
  }

  #update(index, row) {
    const position = this.#rows.positionOf(index);
    const stateOf = (column) => (position === undefined ? "." : this.#rows.stateOf(position, column));
    row.update(this.#rows.rowAt(index), stateOf, this.#isActive);
  }

  /** One cell can be reached by the Tab key, the others by the arrows. */
  #mark() {
    const index = this.#shown.has(this.#active.index) ? this.#active.index : [...this.#shown.keys()][0];
    for (const [at, { cells }] of this.#shown) {
      cells.forEach((cell, column) => {
        cell.tabIndex = at === index && column === this.#active.column ? 0 : -1;
      });
    }
  }

  #onFocus({ target }) {
    const place = placeOf(target);
    if (!place) return;
    this.#active = place;
    this.#mark();
  }

  #onClick({ target }) {
    const place = placeOf(target);
    if (!place || getSelection()?.toString()) return;
    this.focus(place.index, place.column);
    this.open(place.index, place.column);
  }
}

function placeOf(target) {
  const cell = target.closest(".grid-cell");
  const row = cell?.closest("[data-index]");
  return row ? { index: Number(row.dataset.index), column: Number(cell.getAttribute("aria-colindex")) - 1 } : null;
}

function columnHead(name, value, index) {
  return h("div", { class: "grid-cell", role: "columnheader", "aria-colindex": String(index), title: value || null }, name);
}
