// One answer in full: its words as rich or plain text, what it took, and the way to its neighbours.

import { call } from "../api.js";
import { RichText } from "../chat/rich-text.js";
import { copy } from "../clipboard.js";
import { button, errorState, notice, skeleton } from "../components/basics.js";
import { openDialog } from "../components/dialog.js";
import { fill, h, setText } from "../dom.js";
import { plural } from "../format.js";

const ENDS = {
  length: "Cut at the longest length that was asked for.",
  content_filter: "Held back by the model's content filter.",
};
/** Whether answers are shown as they were written; kept from one answer to the next. */
let isPlain = false;

/**
 * `batch`: {id, prompts}; `rows`: its `BatchRows`, among which the dialog moves as the filter shows them.
 * `onMove(index, column)` is called for the cell that is shown, `onClose(index, column)` at the end.
 */
export class CellDialog {
  #batch;
  #rows;
  #onMove;
  #index = 0;
  /** Of the row in the batch: a filter may show it elsewhere from one moment to the next. */
  #position = 0;
  #column = 0;
  /** How many cells to go, and which way, once the neighbour is known. */
  #awaited = 0;
  #cell = null;
  #state = "";
  #turn = 0;
  #dialog;
  #title;
  #prompt = h("p", { class: "cell-prompt" });
  #place = h("span", { class: "muted small numeric" });
  #body = h("div", { class: "cell-body" });
  #facts = h("p", { class: "muted small numeric" });
  #before = button({ label: "Previous answer", sign: "back", kind: "outline", iconOnly: true, onClick: () => this.#step(-1) });
  #after = button({ label: "Next answer", sign: "next", kind: "outline", iconOnly: true, onClick: () => this.#step(1) });
  #plain = button({ label: "As written", kind: "outline", onClick: () => this.#togglePlain() });
  #copy = button({ label: "Copy", sign: "copy", kind: "outline", onClick: () => copy(this.#cell.text, "The answer") });

  constructor(batch, rows, { onMove, onClose }) {
    this.#batch = batch;
    this.#rows = rows;
    this.#onMove = onMove;
    const walk = h("div", { class: "actions" }, this.#before, this.#after, this.#place);
    const tools = h("div", { class: "cell-tools" }, walk, h("div", { class: "actions" }, this.#plain, this.#copy));
    this.#dialog = openDialog({
      title: "Answer",
      content: [this.#prompt, tools, this.#body, this.#facts],
      onClose: () => onClose(this.#index, this.#column),
    });
    this.#title = this.#dialog.element.querySelector("h2");
    this.#dialog.element.classList.add("dialog-wide", "cell-dialog");
    this.#dialog.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Show this one, whose place in the batch is known. */
  show(index, column) {
    [this.#index, this.#position, this.#column] = [index, this.#rows.positionOf(index), column];
    this.#awaited = 0;
    this.#state = this.#rows.stateOf(this.#position, column);
    const { name, value } = this.#batch.prompts[column];
    setText(this.#title, `Row ${this.#position + 1}`);
    fill(this.#prompt, h("strong", {}, name), value && ` ${value}`);
    this.#prompt.title = value;
    this.#showPlace();
    this.#onMove(index, column);
    this.#load();
  }

  /** Something has changed in the batch: rows have moved, what was waited for may be there. */
  refresh() {
    const index = this.#rows.indexOf(this.#position);
    if (index !== this.#index) this.#onMove(index, this.#column);
    this.#index = index;
    this.#showPlace();
    const state = this.#rows.stateOf(this.#position, this.#column);
    if (state !== this.#state) {
      this.#state = state;
      this.#load();
    }
    this.#go();
  }

  close() {
    this.#dialog.close();
  }

  async #load() {
    this.#turn += 1;
    const turn = this.#turn;
    this.#cell = null;
    this.#showTools();
    setText(this.#facts, "");
    if (this.#state === ".") {
      fill(this.#body, notice("This one is not answered yet. It appears here when it is.", "info"));
      return;
    }
    fill(this.#body, skeleton(4));
    try {
      const cell = await call("GET", `/api/batches/${this.#batch.id}/cells/${this.#position}/${this.#column}`);
      if (turn === this.#turn) this.#draw(cell);
    } catch (error) {
      if (turn === this.#turn) fill(this.#body, errorState(error, () => this.#load()));
    }
  }

  #draw(cell) {
    this.#cell = cell;
    this.#showTools();
    this.#showText();
    setText(this.#facts, factsOf(cell).join("  ·  "));
  }

  #showText() {
    const { status, text, error_message: message, error_code: code, finish_reason: reason } = this.#cell;
    const failure = status === "failed" && notice(message || "There is no answer.", "danger", code && h("p", { class: "muted small" }, code));
    const end = status === "done" && ENDS[reason] && notice(ENDS[reason], "warn");
    const words = text && (isPlain ? h("div", { class: "cell-plain" }, text) : new RichText());
    fill(this.#body, failure, words, end, status === "done" && !text && h("p", { class: "muted" }, "The answer is empty."));
    if (words instanceof RichText) words.text = text;
  }

  #showTools() {
    this.#copy.disabled = this.#plain.disabled = !this.#cell?.text;
    this.#plain.setAttribute("aria-pressed", String(isPlain));
  }

  /** Whether the filter still shows the row. */
  get #isListed() {
    return this.#rows.positionOf(this.#index) === this.#position;
  }

  #showPlace() {
    for (const index of [this.#index - 1, this.#index, this.#index + 1]) this.#rows.ask(index);
    const row = this.#isListed ? this.#rows.rowAt(this.#index) : null;
    const name = row?.title || row?.external_id;
    if (name) setText(this.#title, name);
    const count = (this.#rows.count ?? 0).toLocaleString("en");
    setText(this.#place, this.#isListed ? `Row ${(this.#index + 1).toLocaleString("en")} of ${count}` : "No longer in this list");
    this.#before.disabled = !this.#neighbour(-1);
    this.#after.disabled = !this.#neighbour(1);
  }

  /** The next one that way which the filter shows, as [index, column]; null at the end. */
  #neighbour(by) {
    const columns = this.#batch.prompts.length;
    const cells = (this.#rows.count ?? 0) * columns;
    // A row that has left the list stood before the one that has its place now.
    const from = this.#isListed ? this.#column : by > 0 ? -1 : 0;
    for (let at = this.#index * columns + from + by; at >= 0 && at < cells; at += by) {
      const cell = [Math.floor(at / columns), at % columns];
      if (this.#rows.fits(...cell)) return cell;
    }
    return null;
  }

  #togglePlain() {
    isPlain = !isPlain;
    this.#showTools();
    this.#showText();
  }

  #step(by) {
    this.#awaited += by;
    this.#go();
  }

  #go() {
    const by = Math.sign(this.#awaited);
    const to = by && this.#neighbour(by);
    if (!to) this.#awaited = 0;
    if (!to || this.#rows.positionOf(to[0]) === undefined) return;
    const left = this.#awaited - by;
    this.show(...to);
    const pressed = by > 0 ? this.#after : this.#before;
    if (pressed.disabled) this.#dialog.element.querySelector(".dialog-head button").focus();
    this.#awaited = left;
    this.#go();
  }

  #onKey(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("pre, .rich-table")) return;
    event.preventDefault();
    this.#step(by);
  }
}

function factsOf({ prompt_tokens: read, completion_tokens: written, is_estimated: isEstimated, parts, tries, took_s: took }) {
  return [
    (read > 0 || written > 0) && `${isEstimated ? "about " : ""}${plural(read, "token")} read, ${written.toLocaleString("en")} written`,
    took > 0 && `${took.toFixed(1)} s`,
    tries > 1 && `asked ${tries} times`,
    parts > 1 && `the document was split into ${parts} parts`,
  ].filter(Boolean);
}
