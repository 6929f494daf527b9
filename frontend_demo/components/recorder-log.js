// <st-recorder-log>: the settled passages of a running recording, spoken politely to screen readers as they come.

import { h, setText } from "../dom.js";
import { clock } from "../format.js";

export class RecorderLog extends HTMLElement {
  #rows = new Map();

  connectedCallback() {
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    this.setAttribute("aria-label", "What was said");
  }

  /** Show these segments and no others; those that stand here already are not spoken again. */
  reset(segments) {
    const ids = new Set(segments.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const segment of segments) this.put(segment);
  }

  /** Add a segment, or replace the one with the same id. */
  put({ id, start, text }) {
    const row = this.#rows.get(id) ?? this.#insert(id, start);
    setText(row.lastElementChild, text.trim());
  }

  #insert(id, start) {
    const time = h("span", { class: "segment-time" }, clock(start));
    const words = h("p", { class: "segment-text segment-body" });
    const row = h("div", { class: "segment", dataset: { id, new: "" } }, time, words);
    const after = [...this.#rows.keys()].filter((other) => other > id);
    this.insertBefore(row, this.#rows.get(Math.min(...after)) ?? null);
    this.#rows.set(id, row);
    return row;
  }
}

customElements.define("st-recorder-log", RecorderLog);
