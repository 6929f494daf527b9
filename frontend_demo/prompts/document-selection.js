// Which documents are selected, on the page of the list that is shown and on others, and what can be done with them.

import { button } from "../components/basics.js";
import { toast } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { plural } from "../format.js";
import { go } from "../router.js";
import { promptThese } from "./draft.js";

export class DocumentSelection {
  #selected = new Map();
  #shown = new Map();
  #all = h("input", { type: "checkbox", class: "row-check", "aria-label": "Select all on this page" });
  #words = h("span", { class: "numeric", role: "status" });
  #actions = h("div", { class: "actions" });
  element = h("div", { class: "selection", hidden: true }, this.#all, this.#words, this.#actions);

  /** `onDelete(documents)`: those that are selected are to be deleted. */
  constructor({ onDelete }) {
    this.#all.addEventListener("change", () => this.#selectShown(this.#all.checked));
    const use = button({ label: "Use in a batch", sign: "prompts", kind: "outline", onClick: () => this.#prompt() });
    const drop = button({ label: "Delete", sign: "trash", kind: "outline", onClick: () => onDelete([...this.#selected.values()]) });
    const none = button({ label: "Clear", kind: "quiet", onClick: () => this.#clear() });
    fill(this.#actions, use, drop, none);
  }

  /** The rows of the list as they stand now: a map from id to {document, box}. */
  show(rows) {
    this.#shown = rows;
    for (const { document } of rows.values()) this.renew(document);
    this.#draw();
  }

  set(document, isSelected) {
    if (isSelected) this.#selected.set(document.id, document);
    else this.#selected.delete(document.id);
    this.#draw();
  }

  /** A newer state of a document, whether it is selected or not, and shown or not. */
  renew(document) {
    if (this.#selected.has(document.id)) this.#selected.set(document.id, document);
  }

  /** These documents are gone. */
  drop(ids) {
    for (const id of ids) this.#selected.delete(id);
    this.#draw();
  }

  #draw() {
    const marked = [...this.#shown.keys()].filter((id) => this.#selected.has(id)).length;
    for (const [id, { box }] of this.#shown) box.checked = this.#selected.has(id);
    this.element.hidden = this.#shown.size === 0;
    this.#all.checked = marked > 0 && marked === this.#shown.size;
    this.#all.indeterminate = marked > 0 && !this.#all.checked;
    setText(this.#words, this.#selected.size ? `${this.#selected.size} selected` : "Select");
    if (!this.#selected.size && this.#actions.contains(document.activeElement)) this.#all.focus();
    this.#actions.hidden = this.#selected.size === 0;
  }

  #selectShown(isSelected) {
    for (const [id, row] of this.#shown) {
      if (isSelected) this.#selected.set(id, row.document);
      else this.#selected.delete(id);
    }
    this.#draw();
  }

  #clear() {
    this.#selected.clear();
    this.#draw();
  }

  /** Begin a batch with those whose text is there; the others are left out, and that is said. */
  #prompt() {
    const ready = [...this.#selected.values()].filter(({ status }) => status === "ready");
    const left = this.#selected.size - ready.length;
    if (!ready.length) {
      toast("None of them can be asked: they are still being read, or could not be read.", { tone: "danger" });
      return;
    }
    if (left) toast(`${plural(left, "document")} left out: still being read, or not readable.`);
    promptThese(ready);
    go("/prompts/new");
  }
}
