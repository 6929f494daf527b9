// <st-transcript>: the text of a recording, growing segment by segment; thousands of words stay fast.

import { h } from "../dom.js";
import { clock } from "../format.js";

const UNSURE_BELOW = 0.5;
const LINGER_S = 1.2;

/** Events: "seek" (detail: seconds) when a word or a time is picked. */
export class TranscriptText extends HTMLElement {
  #segments = new Map();
  #rows = new Map();
  #words = null;
  #lit = null;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#onClick(event));
  }

  get segments() {
    return [...this.#segments.values()].sort((a, b) => a.id - b.id);
  }

  get plainText() {
    return this.segments.map((segment) => segment.text.trim()).join("\n");
  }

  /** Show these segments and nothing else. */
  reset(segments) {
    this.#segments = new Map(segments.map((segment) => [segment.id, segment]));
    this.#rows = new Map(segments.map((segment) => [segment.id, row(segment)]));
    this.#words = null;
    this.#lit = null;
    this.replaceChildren(...this.segments.map((segment) => this.#rows.get(segment.id)));
  }

  /** Add a segment, or replace the one with the same id. */
  put(segment) {
    const fresh = row(segment);
    const old = this.#rows.get(segment.id);
    if (old) old.replaceWith(fresh);
    else {
      const later = [...this.#segments.keys()].filter((id) => id > segment.id);
      fresh.dataset.new = "";
      this.insertBefore(fresh, later.length ? this.#rows.get(Math.min(...later)) : null);
    }
    this.#segments.set(segment.id, segment);
    this.#rows.set(segment.id, fresh);
    this.#words = null;
  }

  /** Light the word that is spoken at `time`; returns its element, or null in a silence. */
  light(time) {
    const word = this.#wordAt(time);
    if (word === this.#lit) return word;
    this.#lit?.classList.remove("spoken");
    word?.classList.add("spoken");
    this.#lit = word;
    return word;
  }

  #wordAt(time) {
    this.#words ??= [...this.querySelectorAll(".word")].map((element) => ({
      element,
      start: Number(element.dataset.s),
      end: Number(element.dataset.e),
    }));
    let low = 0;
    let high = this.#words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#words[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    const word = this.#words[low - 1];
    return word && time <= word.end + LINGER_S ? word.element : null;
  }

  #onClick(event) {
    const picked = event.target.closest(".word, .segment-time");
    if (!picked || !getSelection().isCollapsed) return;
    this.dispatchEvent(new CustomEvent("seek", { detail: Number(picked.dataset.s) }));
  }
}

function row(segment) {
  const time = h(
    "button",
    {
      type: "button",
      class: "segment-time",
      dataset: { s: segment.start },
      "aria-label": `Play from ${clock(segment.start)}`,
    },
    clock(segment.start),
  );
  return h(
    "div",
    { class: "segment", dataset: { id: segment.id } },
    time,
    h("p", { class: "segment-text" }, pieces(segment)),
  );
}

/** The segment's own text with its words as elements: what stands between words (or lacks times) stays plain. */
function pieces(segment) {
  const text = segment.text.trim();
  const parts = [];
  let at = 0;
  for (const { w, s, e, p } of segment.words ?? []) {
    const word = w.trim();
    const found = word ? text.indexOf(word, at) : -1;
    if (found < 0) continue;
    parts.push(
      text.slice(at, found),
      h("span", { class: "word", dataset: { s, e, ...(p < UNSURE_BELOW ? { unsure: "" } : {}) } }, word),
    );
    at = found + word.length;
  }
  parts.push(text.slice(at));
  return parts;
}

customElements.define("st-transcript", TranscriptText);
