// The field in which a passage is edited: Enter saves, Escape gives up, and nobody's change is lost on the way.

import { Problem } from "../api.js";
import { fill, h } from "../dom.js";
import { busy, button, notice } from "./basics.js";

const LONGEST = 5000;

/** An editor for a row (`SegmentRow.editor`). `save({text, version})` stores and may throw; `close()` ends it. */
export class SegmentEditor {
  #segment;
  #save;
  #close;
  #saving = false;
  #newest = null;
  #input = h("textarea", { class: "input segment-input", rows: "2", maxlength: String(LONGEST), "aria-label": "Text" });
  #message = h("div", { class: "segment-message", "aria-live": "polite" });
  #store = button({ label: "Save", kind: "primary", type: "submit" });

  constructor(segment, { save, close }) {
    this.#segment = segment;
    this.#save = save;
    this.#close = close;
    this.#input.value = segment.text.trim();
    const cancel = button({ label: "Cancel", onClick: close });
    const hint = h("span", { class: "muted small" }, "Enter saves, Escape gives up.");
    const actions = h("div", { class: "form-actions" }, this.#store, cancel, hint);
    this.element = h("form", { class: "segment-form" }, this.#input, this.#message, actions);
    this.element.addEventListener("submit", (event) => this.#submit(event));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  focus() {
    this.#input.focus();
  }

  /** What was written so far. */
  get draft() {
    return this.#input.value.replace(/\s+/g, " ").trim();
  }

  get isChanged() {
    return this.draft !== this.#segment.text.trim();
  }

  /** Somebody has changed the passage meanwhile. */
  newer(segment) {
    if (segment.version <= this.#segment.version) return;
    this.#newest = segment;
    // The answer to saving may come later than the event of it.
    if (!this.#saving) this.#showNewest();
  }

  #showNewest() {
    const theirs = button({ label: "Take that", kind: "outline", onClick: this.#close });
    const mine = button({ label: "Keep mine", kind: "outline", onClick: () => this.#goOn() });
    const words = `Meanwhile this passage was changed to “${this.#newest.text.trim()}”.`;
    const choice = h("div", { class: "form-actions" }, theirs, mine);
    fill(this.#message, notice(words, "warn", choice));
    this.#store.disabled = true;
  }

  #goOn() {
    this.#segment = this.#newest;
    this.#store.disabled = false;
    fill(this.#message);
    this.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.draft;
    if (this.#store.disabled) return;
    if (!text) return this.#complain("A passage without words cannot be saved. Write what was said, or give up.");
    if (!this.isChanged) return this.#close();
    this.#saving = true;
    try {
      await busy(this.#store, () => this.#save({ text, version: this.#segment.version }));
      this.#close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (this.#newest) this.#showNewest();
      else this.#complain(error.message);
    } finally {
      this.#saving = false;
    }
  }

  #complain(words) {
    fill(this.#message, h("p", { class: "field-error" }, words));
    this.focus();
  }

  #onKey(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    } else if (event.key === "Enter" && event.target === this.#input && !event.isComposing) {
      event.preventDefault();
      this.element.requestSubmit();
    }
  }
}
