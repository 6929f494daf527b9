// What can be done with a voice, and with a passage: the items of their menus.

import { menu } from "./menu.js";

/** Open a menu at a button, which becomes one at its first press and then opens by itself. `items` is a function. */
export function openMenu(opener, items) {
  if (opener.parentElement.localName !== "st-menu") {
    const place = document.createComment("");
    opener.replaceWith(place);
    const element = menu(opener, items);
    place.replaceWith(element);
    element.open(items());
  }
  const list = opener.nextElementSibling;
  requestAnimationFrame(() => list.hidden || list.scrollIntoView({ block: "nearest" }));
}

/** `changes` stores; `rename()` and `hear(label)` are the page's. */
export function speakerItems(speakers, label, { changes, rename, hear }) {
  const name = speakers.nameOf(label);
  const others = speakers.shown.filter((other) => other !== label);
  const merged = speakers.mergedInto(label);
  const into = (other) => ({
    label: speakers.nameOf(other),
    sign: "merge",
    onPick: () => changes.merge(label, other, `${name} is now shown as ${speakers.nameOf(other)}.`),
  });
  const apart = (other) => ({
    label: `Separate ${speakers.ownName(other)} again`,
    sign: "split",
    onPick: () => changes.merge(other, ""),
  });
  return [
    { label: "Rename", sign: "pencil", onPick: rename },
    { label: "Hear this voice", sign: "play", onPick: () => hear(label) },
    ...(others.length ? ["line", { title: "Is the same voice as" }, ...others.map(into)] : []),
    ...(merged.length ? ["line", ...merged.map(apart)] : []),
  ];
}

/** `edit()` and `showVersions()` are the page's. */
export function passageItems(speakers, segment, { changes, edit, showVersions }) {
  const shown = speakers.shownAs(segment.speaker);
  const give = (label, words) => ({
    label: words,
    checked: label === shown,
    onPick: () => label !== shown && changes.reassign(segment, label),
  });
  return [
    { label: "Edit the text", sign: "pencil", onPick: edit },
    ...(segment.version > 1 ? [{ label: "What was changed", sign: "history", onPick: showVersions }] : []),
    "line",
    { title: "Said by" },
    ...speakers.shown.map((label) => give(label, speakers.nameOf(label))),
    { label: "A new speaker", sign: "plus", onPick: () => changes.reassign(segment, "new") },
    ...(shown ? [give("", "Nobody in particular")] : []),
  ];
}
