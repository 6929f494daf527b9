// A speaker's sign and name; where it may be changed, a press turns it into a field, and a menu stands beside it.

import { h, setText } from "../dom.js";
import { colourOf, initials } from "../speakers.js";
import { button } from "./basics.js";

const LONGEST = 80;

/** The chip of a voice. `editable` makes it a button; `onPress(chip)` is called when that is pressed. */
export function speakerChip(speakers, label, { editable = false, onPress } = {}) {
  const inside = [h("span", { class: "speaker-sign", "aria-hidden": "true" }), h("span", { class: "speaker-name" })];
  const chip = editable
    ? h("button", { type: "button", class: "speaker" }, inside)
    : h("span", { class: "speaker" }, inside);
  if (onPress) chip.addEventListener("click", () => onPress(chip));
  showSpeaker(chip, speakers, label);
  return chip;
}

/** The button beside a chip that opens the menu of its voice. */
export function speakerTools() {
  const more = { label: "Speaker menu", sign: "chevron", kind: "quiet", iconOnly: true, "aria-haspopup": "menu" };
  const element = button(more);
  element.classList.add("speaker-more");
  return h("span", { class: "speaker-tools" }, element);
}

/** Make a chip show this voice as it is called now. */
export function showSpeaker(chip, speakers, label) {
  const name = speakers.nameOf(label);
  const [sign, words] = chip.children;
  chip.dataset.label = speakers.shownAs(label);
  chip.dataset.colour = colourOf(chip.dataset.label);
  setText(sign, initials(name));
  setText(words, name);
  if (chip.localName === "button") chip.title = `Rename ${name}`;
}

/** Replace a chip by a field until Enter or leaving it saves, or Escape gives up. `save(name)` must not throw. */
export function renameInPlace(chip, speakers, save) {
  if (chip.hidden) return;
  const label = chip.dataset.label;
  const before = speakers.nameOf(label);
  const input = h("input", {
    class: "input speaker-input",
    value: before,
    maxlength: String(LONGEST),
    "aria-label": `Name of ${before}`,
    autocomplete: "off",
    spellcheck: "false",
  });
  let open = true;
  const close = (name) => {
    if (!open) return;
    open = false;
    const focused = document.activeElement === input;
    input.remove();
    chip.hidden = false;
    if (focused) chip.focus();
    if (name !== null && name.trim() !== before) save(name.trim());
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close(event.key === "Enter" ? input.value : null);
  });
  input.addEventListener("blur", () => close(input.value));
  chip.hidden = true;
  chip.before(input);
  input.focus();
  input.select();
}
