// One row of the grid: the document, and its answers as far as they have come.

import { h, setText } from "../dom.js";

const STATES = { ".": "waiting", d: "done", f: "failed" };

/** `{element, cells, update(row, stateOf, isActive)}`; the first of `cells` names the document. */
export function gridRow(prompts) {
  const title = h("span", { class: "grid-title" });
  const facts = h("span", { class: "grid-facts" });
  const head = h("div", { class: "grid-cell grid-name", role: "rowheader", tabindex: "-1", "aria-colindex": "1" }, title, facts);
  const answers = prompts.map(({ name }, index) => answerCell(name, index));
  const element = h("div", { class: "grid-row", role: "row" }, head, answers.map((one) => one.element));
  return {
    element,
    cells: [head, ...answers.map((one) => one.element)],
    update: (row, stateOf, isActive) => {
      setText(title, row?.title || row?.external_id || "…");
      setText(facts, [row?.external_id !== row?.title && row?.title && row.external_id, row?.collection].filter(Boolean).join(" · "));
      head.title = row?.title ?? "";
      answers.forEach((one, column) => one.update(row?.cells[column] ?? null, stateOf(column), isActive));
    },
  };
}

function answerCell(name, index) {
  const label = h("span", { class: "grid-label", "aria-hidden": "true" }, name);
  const words = h("span", { class: "grid-words" });
  const note = h("span", { class: "grid-note" });
  const element = h("div", { class: "grid-cell", role: "gridcell", tabindex: "-1", "aria-colindex": String(index + 2) }, label, words, note);
  return {
    element,
    update: (cell, letter, isActive) => {
      const state = cell?.status ?? STATES[letter];
      element.dataset.state = state;
      element.toggleAttribute("data-loading", state !== "waiting" && !cell);
      setText(words, wordsOf(cell, state, isActive));
      setText(note, cell?.parts > 1 ? `split into ${cell.parts} parts` : "");
    },
  };
}

function wordsOf(cell, state, isActive) {
  if (state === "waiting") return isActive ? "Waiting" : "Not answered";
  if (!cell) return state === "failed" ? "Failed" : "Answered";
  if (state === "failed") return cell.error_message || cell.error_code || "Failed";
  if (!cell.preview) return "An empty answer";
  return plainOf(cell.preview) + (cell.characters > cell.preview.length ? "…" : "");
}

/** Markdown's most frequent marks say nothing in a line or two. */
function plainOf(text) {
  return text
    .replace(/^\s*\|?[\s|:-]*-{3}[\s|:-]*$/gm, "")
    .replace(/^\s*(?:#{1,6}|>)\s+/gm, "")
    .replace(/\*\*|__|`+/g, "")
    .replace(/(^|\s)\*(\S[^*\n]*)\*/gm, "$1$2")
    .replace(/\s+/g, " ")
    .trim();
}
