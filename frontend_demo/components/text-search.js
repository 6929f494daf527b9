// Finds words in the transcript and walks through the places, without touching the text itself.

import { bringIntoView, h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { button } from "./basics.js";

/** The search over the text of `transcript`; what it marks goes with `signal`. */
export class TextSearch {
  #input = h("input", { type: "search", class: "input", ...named("Search in the text") });
  #hits = h("span", { class: "hits numeric", role: "status" });
  #up = this.#button("Previous match", "up", -1);
  #down = this.#button("Next match", "down", 1);
  #ranges = [];
  #at = -1;

  constructor(transcript, signal) {
    this.transcript = transcript;
    this.element = [h("div", { class: "searchbox" }, icon("search"), this.#input), this.#hits, this.#up, this.#down];
    this.#input.addEventListener("input", () => {
      this.#at = 0;
      this.#look(true);
    });
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    signal.addEventListener("abort", () => {
      paint("found", []);
      paint("found-now", []);
    });
    this.#look(false);
  }

  focus() {
    this.#input.focus();
  }

  /** The text has changed: count again, and leave the reader where they are. */
  refresh() {
    if (this.#input.value) this.#look(false);
  }

  #look(scroll) {
    this.#ranges = find(this.transcript, this.#input.value.trim());
    this.#at = Math.min(Math.max(this.#at, 0), this.#ranges.length - 1);
    this.#show(scroll);
  }

  #step(by) {
    if (!this.#ranges.length) return;
    this.#at = (this.#at + by + this.#ranges.length) % this.#ranges.length;
    this.#show(true);
  }

  #show(scroll) {
    const here = this.#ranges[this.#at];
    paint("found", this.#ranges);
    paint("found-now", here ? [here] : []);
    setText(this.#hits, this.#input.value.trim() ? `${this.#at + 1} of ${this.#ranges.length}` : "");
    this.#up.hidden = this.#down.hidden = !here;
    if (scroll && here) bringIntoView(here.startContainer.parentElement);
  }

  #onKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.#step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && this.#input.value) {
      this.#input.value = "";
      this.#look(false);
    }
  }

  #button(label, sign, by) {
    return button({ label, sign, kind: "quiet", iconOnly: true, onClick: () => this.#step(by) });
  }
}

function named(name) {
  return { placeholder: name, "aria-label": name };
}

function find(transcript, wanted) {
  if (!wanted) return [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"), "giu");
  const ranges = [];
  for (const paragraph of transcript.querySelectorAll(".segment-text")) {
    const text = paragraph.textContent;
    for (const found of text.matchAll(pattern)) ranges.push(rangeOf(
      paragraph,
      found.index,
      found.index + found[0].length,
    ));
  }
  return ranges;
}

function rangeOf(paragraph, from, to) {
  const range = document.createRange();
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  let before = 0;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (from >= before && from < before + length) range.setStart(walker.currentNode, from - before);
    if (to > before && to <= before + length) {
      range.setEnd(walker.currentNode, to - before);
      break;
    }
    before += length;
  }
  return range;
}

function paint(name, ranges) {
  if (!CSS.highlights) return; // an older browser still counts and scrolls
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}
