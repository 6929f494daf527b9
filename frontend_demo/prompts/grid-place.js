// Keeps in the address what of a batch is looked at, so that a reload comes back to it.

import { rewrite } from "../router.js";
import { CHOICES, LONGEST_SEARCH } from "./grid-tools.js";

const SETTLE_MS = 500;

/** `{only, search, row, cell: [index, column] or null}` of the address. */
function placeInAddress() {
  const query = new URLSearchParams(location.search);
  const only = query.get("only");
  const cell = /^(\d+)-(\d+)$/.exec(query.get("cell") ?? "");
  return {
    only: CHOICES.some(([key]) => key === only) ? only : "all",
    search: (query.get("search") ?? "").slice(0, LONGEST_SEARCH),
    row: Number.parseInt(query.get("row") ?? "0", 10) || 0,
    cell: cell ? [Number(cell[1]), Number(cell[2])] : null,
  };
}

/** Writes changes into the address of the page that was shown when it was made. */
export class GridPlace {
  #path = location.pathname;
  #place = placeInAddress();
  #timer = null;

  constructor(signal) {
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get now() {
    return this.#place;
  }

  keep(changes) {
    this.#place = { ...this.#place, ...changes };
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, SETTLE_MS);
  }

  #write() {
    if (location.pathname !== this.#path) return;
    const { only, search, row, cell } = this.#place;
    const query = new URLSearchParams();
    if (only !== "all") query.set("only", only);
    if (search) query.set("search", search);
    if (row > 0) query.set("row", String(row));
    if (cell) query.set("cell", cell.join("-"));
    const text = query.toString();
    rewrite(this.#path + (text && `?${text}`));
  }
}
