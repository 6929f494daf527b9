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
 * `batch`: {id, prompts}; `steps`: {at(index, column) → {position, title, state} or null, fits(index, column): whether
 * the filter shows that one, size: {rows, columns}};
 * `onMove(index, column)` is called for the cell that is shown, `onClose(index, column)` at the end.
 */
export class CellDialog {
  #batch;
  #steps;
  #onMove;
  #index = 0;
  #column = 0;
  #cell = null;
  #state = "";
  #turn = 0;
  #dialog;
  #heading = h("p", { class: "cell-prompt" });
  #place = h("span", { class: "muted small numeric" });
  #body = h("div", { class: "cell-body" });
  #facts = h("p", { class: "muted small numeric" });
  #before = button({ label: "Previous answer", sign: "back", kind: "outline", iconOnly: true, onClick: () => this.#step(-1) });
  #after = button({ label: "Next answer", sign: "next", kind: "outline", iconOnly: true, onClick: () => this.#step(1) });
  #plain = button({ label: "As written", kind: "outline", onClick: () => this.#togglePlain() });
  #copy = button({ label: "Copy", sign: "copy", kind: "outline", onClick: () => copy(this.#cell.text, "The answer") });

  constructor(batch, steps, { onMove, onClose }) {
    this.#batch = batch;
    this.#steps = steps;
    this.#onMove = onMove;
    const walk = h("div", { class: "actions" }, this.#before, this.#after, this.#place);
    const tools = h("div", { class: "cell-tools" }, walk, h("div", { class: "actions" }, this.#plain, this.#copy));
    this.#dialog = openDialog({
      title: "Answer",
      content: [this.#heading, tools, this.#body, this.#facts],
      onClose: () => onClose(this.#index, this.#column),
    });
    this.#dialog.element.classList.add("dialog-wide", "cell-dialog");
    this.#dialog.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Show this one. */
  show(index, column) {
    const known = this.#steps.at(index, column);
    if (!known) return;
    [this.#index, this.#column] = [index, column];
    this.#state = known.state;
    const { name, value } = this.#batch.prompts[column];
    this.#showTitle(known);
    fill(this.#heading, h("strong", {}, name), value && ` ${value}`);
    this.#heading.title = value;
    this.#showPlace();
    this.#onMove(index, column);
    this.#load(known);
  }

  /** Something has changed in the batch: what was waited for may be there. */
  refresh() {
    const known = this.#steps.at(this.#index, this.#column);
    this.#showPlace();
    if (known) this.#showTitle(known);
    if (!known || known.state === this.#state) return;
    this.#state = known.state;
    this.#load(known);
  }

  close() {
    this.#dialog.close();
  }

  async #load({ position, state }) {
    this.#turn += 1;
    const turn = this.#turn;
    this.#cell = null;
    this.#showTools();
    setText(this.#facts, "");
    if (state === ".") {
      fill(this.#body, notice("This one is not answered yet. It appears here when it is.", "info"));
      return;
    }
    fill(this.#body, skeleton(4));
    try {
      const cell = await call("GET", `/api/batches/${this.#batch.id}/cells/${position}/${this.#column}`);
      if (turn === this.#turn) this.#draw(cell);
    } catch (error) {
      if (turn === this.#turn) fill(this.#body, errorState(error, () => this.#load({ position, state })));
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

  #showTitle({ title, position }) {
    setText(this.#dialog.element.querySelector("h2"), title || `Row ${position + 1}`);
  }

  #showPlace() {
    const { rows } = this.#steps.size;
    setText(this.#place, `Row ${(this.#index + 1).toLocaleString("en")} of ${rows.toLocaleString("en")}`);
    this.#before.disabled = !this.#neighbour(-1);
    this.#after.disabled = !this.#neighbour(1);
  }

  /** The next one that way which the filter shows, as [index, column]; null at the end. */
  #neighbour(by) {
    const { rows, columns } = this.#steps.size;
    for (let at = this.#index * columns + this.#column + by; at >= 0 && at < rows * columns; at += by) {
      const cell = [Math.floor(at / columns), at % columns];
      if (this.#steps.fits(...cell)) return cell;
    }
    return null;
  }

  #togglePlain() {
    isPlain = !isPlain;
    this.#showTools();
    this.#showText();
  }

  #step(by) {
    const to = this.#neighbour(by);
    if (!to) return;
    this.show(...to);
    const pressed = by > 0 ? this.#after : this.#before;
    if (pressed.disabled) this.#dialog.element.querySelector(".dialog-head button").focus();
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
