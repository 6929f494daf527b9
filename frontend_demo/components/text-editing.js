// What an owner does in the text itself: rename a speaker, edit a passage, give it to somebody else.

import { SegmentEditor } from "./segment-edit.js";
import { versionsDialog } from "./segment-versions.js";
import { renameInPlace } from "./speaker-chip.js";
import { openMenu, passageItems, speakerItems } from "./speaker-menu.js";

export class TextEditing {
  #text;
  #changes;
  #hear;

  /** Over an `<st-transcript>`; `hear(label)` plays a voice. Where the text is not editable, it only shows changes. */
  constructor(text, changes, hear) {
    this.#text = text;
    this.#changes = changes;
    this.#hear = hear;
    text.addEventListener("click", (event) => this.#onClick(event));
    text.addEventListener("dblclick", (event) => {
      const row = event.target.closest(".segment-text") && this.#text.rowOf(event.target);
      if (row) this.edit(row);
    });
  }

  /** Edit a row. A draft that is open elsewhere is gone back to instead. */
  edit(row) {
    if (!this.#text.editable) return;
    const open = this.#text.editing;
    if (open && (open === row || open.editor.isChanged)) return open.editor.focus();
    if (open) open.editor = null;
    this.#text.dispatchEvent(new Event("editing"));
    const id = row.segment.id;
    row.editor = new SegmentEditor(row.segment, {
      save: (values) => this.#changes.edit(id, values),
      close: () => {
        row.editor = null;
        row.element.focus({ preventScroll: true });
      },
    });
    getSelection().removeAllRanges();
    row.editor.focus();
  }

  /** The menu of the voice that a chip shows. */
  speakerMenu(opener, chip) {
    openMenu(opener, () => speakerItems(this.#text.speakers, chip.dataset.label, {
      changes: this.#changes,
      rename: () => this.rename(chip),
      hear: this.#hear,
    }));
  }

  rename(chip) {
    const { label } = chip.dataset;
    renameInPlace(chip, this.#text.speakers, (name) => this.#changes.rename(label, name));
  }

  #onClick(event) {
    const pressed = event.target.closest("button");
    const row = pressed && this.#text.rowOf(pressed);
    if (!row) return;
    if (pressed.matches(".speaker")) this.rename(pressed);
    else if (pressed.matches(".speaker-more")) {
      this.speakerMenu(pressed, pressed.closest(".segment-head").querySelector(".speaker"));
    } else if (pressed.matches(".segment-more")) openMenu(pressed, () => this.#itemsOf(row));
    else if (pressed.matches(".segment-edited")) this.#showVersions(row);
  }

  #itemsOf(row) {
    return passageItems(this.#text.speakers, row.segment, {
      changes: this.#changes,
      edit: () => this.edit(row),
      showVersions: () => this.#showVersions(row),
    });
  }

  #showVersions(row) {
    const { speakers, editable } = this.#text;
    versionsDialog(row.segment, { changes: this.#changes, speakers, editable });
  }
}
