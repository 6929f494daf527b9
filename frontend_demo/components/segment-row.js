// One segment of a transcript as a row: its time, its speaker where that changes, its words, its tools.

import { fill, h } from "../dom.js";
import { clock } from "../format.js";
import { button } from "./basics.js";
import { showSpeaker, speakerChip, speakerTools } from "./speaker-chip.js";

const UNSURE_BELOW = 0.5;

export class SegmentRow {
  #time = h("button", { type: "button", class: "segment-time" });
  #head = h("div", { class: "segment-head", hidden: true });
  #text = h("p", { class: "segment-text" });
  #foot = h("div", { class: "segment-foot", hidden: true });
  #editable;
  #editor = null;

  /** `editable`: the reader may change it. */
  constructor(segment, editable) {
    this.#editable = editable;
    const body = h("div", { class: "segment-body" }, this.#head, this.#text, this.#foot);
    this.element = h("div", { class: "segment", tabindex: "-1" }, this.#time, body, editable && tools());
    this.update(segment);
  }

  /** Show a newer state. Whoever is writing at this moment is told, and keeps what they wrote. */
  update(segment) {
    this.segment = segment;
    this.element.dataset.id = segment.id;
    this.#time.dataset.s = segment.start;
    this.#time.setAttribute("aria-label", `Play from ${clock(segment.start)}`);
    this.#time.textContent = clock(segment.start);
    fill(this.#text, pieces(segment));
    this.#foot.hidden = segment.version < 2;
    if (segment.version > 1 && !this.#foot.firstChild) this.#foot.append(edited());
    this.#editor?.newer(segment);
  }

  /** Name the speaker above the text, or with `null` do not: it is the one before. */
  showSpeaker(speakers, label) {
    this.#head.hidden = !label;
    if (!label) return;
    const chip = this.#head.querySelector(".speaker");
    if (chip) showSpeaker(chip, speakers, label);
    else fill(this.#head, speakerChip(speakers, label, { editable: this.#editable }), this.#editable && speakerTools());
  }

  get editor() {
    return this.#editor;
  }

  /** Put an editor ({element, newer(segment)}) in the place of the text; `null` brings the text back. */
  set editor(editor) {
    this.#editor?.element.remove();
    this.#editor = editor;
    this.#text.hidden = editor !== null;
    this.element.toggleAttribute("data-editing", editor !== null);
    if (editor) this.#text.after(editor.element);
  }
}

function tools() {
  const more = { label: "Change this passage", sign: "more", kind: "quiet", iconOnly: true, "aria-haspopup": "menu" };
  const element = button(more);
  element.classList.add("segment-more");
  return h("div", { class: "segment-tools" }, element);
}

function edited() {
  return h("button", { type: "button", class: "segment-edited", title: "See what was changed" }, "edited");
}

/** The segment's own text with its words as elements: what stands between words (or lacks times) stays plain. */
function pieces(segment) {
  const text = segment.text.trim();
  const parts = [];
  let at = 0;
  for (const word of segment.words ?? []) {
    const said = word.w.trim();
    const found = said ? text.indexOf(said, at) : -1;
    if (found < 0) continue;
    parts.push(text.slice(at, found), wordElement(word, said));
    at = found + said.length;
  }
  parts.push(text.slice(at));
  return parts;
}

function wordElement({ s, e, p, overlap }, said) {
  const marks = { ...(p < UNSURE_BELOW ? { unsure: "" } : {}), ...(overlap ? { overlap: "" } : {}) };
  const title = overlap ? { title: "Two people speak at once" } : {};
  return h("span", { class: "word", dataset: { s, e, ...marks }, ...title }, said);
}
