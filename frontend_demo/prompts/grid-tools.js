// Which rows of the grid are shown: by the state of their answers, and by words of the document.

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { plural } from "../format.js";

/** The server takes no longer ones. */
export const LONGEST_SEARCH = 200;

const SETTLE_MS = 250;
export const CHOICES = [["all", "All"], ["failed", "Failed"], ["waiting", "Waiting"], ["done", "Done"]];

/** `onChange({only, search})`. */
export class GridTools {
  #only;
  #timer = null;
  #onChange;
  #buttons = CHOICES.map(([key, label]) =>
    h("button", { type: "button", class: "tab", dataset: { key }, on: { click: () => this.#pick(key) } }, label),
  );
  #search = h(
    "input",
    { type: "search", class: "input", maxlength: String(LONGEST_SEARCH), placeholder: "Search titles and ids", "aria-label": "Search rows" },
  );
  #found = h("p", { class: "muted small", role: "status" });
  element;

  constructor({ only, search }, signal, onChange) {
    this.#onChange = onChange;
    this.#search.value = search;
    const choices = h("div", { class: "tabs", role: "group", "aria-label": "Which rows" }, this.#buttons);
    this.element = h("div", { class: "toolbar" }, choices, h("div", { class: "searchbox" }, icon("search"), this.#search), this.#found);
    this.#mark(only);
    this.#search.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#tell(), SETTLE_MS);
    });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  focus() {
    this.#search.focus();
  }

  /** Show everything again. */
  clear() {
    this.#search.value = "";
    this.#pick("all");
    this.#search.focus();
  }

  set found({ count, isFiltered }) {
    setText(this.#found, isFiltered && count !== null ? `${plural(count, "row")} found` : "");
  }

  #pick(key) {
    this.#mark(key);
    this.#tell();
  }

  #tell() {
    this.#onChange({ only: this.#only, search: this.#search.value.trim() });
  }

  #mark(key) {
    this.#only = key;
    for (const one of this.#buttons) one.setAttribute("aria-pressed", String(one.dataset.key === this.#only));
  }
}
