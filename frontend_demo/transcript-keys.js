// The keyboard of the transcript page, and the line that explains it.

import { h } from "./dom.js";
import { keys } from "./keys.js";

const STEP_S = 5;

/** Listen until `signal` is aborted. */
export function transcriptKeys(signal, { player, text, search, editing }) {
  const skip = (seconds) => () => (player.hidden ? false : player.skip(seconds));
  const walk = (step) => () => goTo(text.neighbour(document.activeElement, step));
  // The arrows scroll the page until somebody walks through the text.
  const arrow = (step) => () => (text.rowOf(document.activeElement) ? walk(step)() : false);
  const edit = () => {
    const row = text.rowOf(document.activeElement) ?? text.spokenRow;
    if (!row || !text.editable) return false;
    editing.edit(row);
  };
  keys(signal, {
    " ": () => (player.hidden ? false : player.toggle()),
    ArrowLeft: skip(-STEP_S),
    ArrowRight: skip(STEP_S),
    ArrowUp: arrow(-1),
    ArrowDown: arrow(1),
    j: walk(1),
    k: walk(-1),
    e: edit,
    "/": search,
  });
}

function goTo(row) {
  row?.element.focus({ preventScroll: true });
  row?.element.scrollIntoView({ block: "nearest" });
}

/** The line below the player. */
export function keyHints() {
  const key = (name) => h("kbd", {}, name);
  return h(
    "p",
    { class: "keys" },
    ...["Click a word to hear it. ", key("Space"), " play or pause, ", key("←"), " ", key("→"), " five seconds, "],
    ...[key("J"), " ", key("K"), " next or previous passage, "],
    h("span", { class: "keys-owner" }, key("E"), " or a double click edits it, "),
    ...[key("/"), " search."],
  );
}
