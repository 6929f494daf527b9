// <st-transcript>: the text of a recording, growing segment by segment; thousands of words stay fast.

import { Speakers } from "../speakers.js";
import { SegmentRow } from "./segment-row.js";

const LINGER_S = 1.2;

/** Events: "seek" (detail: seconds) when a word or a time is picked. */
export class TranscriptText extends HTMLElement {
  #rows = new Map();
  #order = [];
  #speakers = new Speakers();
  #editable = false;
  #words = null;
  #lit = null;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#onClick(event));
  }

  get segments() {
    return this.#order.map((id) => this.#rows.get(id).segment);
  }

  get speakers() {
    return this.#speakers;
  }

  /** The voices as they are called now; rows change in place. */
  set speakers(speakers) {
    this.#speakers = speakers;
    this.#order.forEach((_, position) => this.#nameSpeaker(position));
  }

  get editable() {
    return this.#editable;
  }

  /** The text with each speaker's name where the speaker changes, to be copied. */
  get plainText() {
    return this.#order
      .map((id, position) => {
        const { segment } = this.#rows.get(id);
        const label = this.#changeAt(position);
        return (label ? `${this.#speakers.nameOf(label)}: ` : "") + segment.text.trim();
      })
      .join("\n");
  }

  /** The row that shows a segment, or that an element lies in; undefined where there is none. */
  rowOf(from) {
    const id = from instanceof Element ? Number(from.closest(".segment")?.dataset.id) : from;
    return this.#rows.get(id);
  }

  get editing() {
    return [...this.#rows.values()].find((row) => row.editor);
  }

  /** Show these segments and nothing else; rows of the same text that have not changed stay as they are. */
  reset(segments, { speakers, editable, sameText }) {
    const old = sameText && editable === this.#editable ? this.#rows : new Map();
    this.#editable = editable;
    this.#speakers = speakers;
    this.#order = segments.map((segment) => segment.id).sort((a, b) => a - b);
    this.#rows = new Map(segments.map((segment) => [segment.id, this.#kept(old.get(segment.id), segment)]));
    this.#words = null;
    this.#lit = null;
    const elements = this.#order.map((id) => this.#rows.get(id).element);
    // What stands where it should is not moved: moving would take the focus out of it.
    if (elements.length !== this.children.length || elements.some((element, at) => element !== this.children[at])) {
      this.replaceChildren(...elements);
    }
    this.#order.forEach((_, position) => this.#nameSpeaker(position));
  }

  /** Add a segment, or replace the one with the same id; an older state than the one that is shown is left out. */
  put(segment) {
    const row = this.#rows.get(segment.id);
    if (row && segment.version < row.segment.version) return;
    if (row) row.update(segment);
    else this.#insert(segment);
    this.#words = null;
    const position = this.#order.indexOf(segment.id);
    this.#nameSpeaker(position);
    if (position + 1 < this.#order.length) this.#nameSpeaker(position + 1);
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

  /** The row of the word that was lit last; undefined where none was. */
  get spokenRow() {
    return this.#lit?.isConnected ? this.rowOf(this.#lit) : undefined;
  }

  /** The row before or after an element's; without one, the row where reading goes on. */
  neighbour(element, step) {
    const from = element && this.rowOf(element);
    if (from) return this.#rows.get(this.#order[this.#order.indexOf(from.segment.id) + step]);
    return this.spokenRow ?? [...this.#rows.values()].find((row) => row.element.getBoundingClientRect().bottom > 80);
  }

  #kept(row, segment) {
    if (!row) return new SegmentRow(segment, this.#editable);
    if (JSON.stringify(row.segment) !== JSON.stringify(segment)) row.update(segment);
    return row;
  }

  #insert(segment) {
    const row = new SegmentRow(segment, this.#editable);
    let at = this.#order.length;
    while (at > 0 && this.#order[at - 1] > segment.id) at -= 1;
    row.element.dataset.new = "";
    this.insertBefore(row.element, this.children[at] ?? null);
    this.#order.splice(at, 0, segment.id);
    this.#rows.set(segment.id, row);
  }

  #nameSpeaker(position) {
    this.#rows.get(this.#order[position]).showSpeaker(this.#speakers, this.#changeAt(position));
  }

  /** The shown label of a speaker who begins here; null where the one before goes on, or nobody was found. */
  #changeAt(position) {
    const labelAt = (place) => this.#speakers.shownAs(this.#rows.get(this.#order[place])?.segment.speaker ?? "");
    const label = labelAt(position);
    return label && (position === 0 || labelAt(position - 1) !== label) ? label : null;
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

customElements.define("st-transcript", TranscriptText);
