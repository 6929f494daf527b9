// One document in the list: its facts, its state, and what can be done with it.

import { badge, button } from "../components/basics.js";
import { menu } from "../components/menu.js";
import { h, setText } from "../dom.js";
import { documentFacts, documentState } from "./words.js";

/** `{element, box, document, update(document)}`; `doings`: {onRead, onEdit, onReplace, onDelete, onSelect}, each with the document. */
export function documentRow(doings) {
  let known = null;
  const box = h("input", { type: "checkbox", class: "row-check", on: { change: () => doings.onSelect(known, box.checked) } });
  const title = h("button", { type: "button", class: "row-title", on: { click: () => doings.onRead(known) } });
  const meta = h("p", { class: "row-meta numeric" });
  const state = badge("");
  const problem = h("p", { class: "job-error" });
  const more = button({ label: "More", sign: "more", kind: "quiet", iconOnly: true });
  const actions = menu(more, () => actionsOf(known, doings));
  const side = h("div", { class: "job-side" }, state, actions);
  const element = h("li", {}, h("div", { class: "row document-row" }, box, h("div", {}, title, meta), side, problem));
  return {
    element,
    box,
    get document() {
      return known;
    },
    update: (document) => {
      known = document;
      setText(title, document.title);
      setText(meta, documentFacts(document).join("  ·  "));
      const [words, tone] = documentState(document);
      setText(state, words);
      state.dataset.tone = tone;
      setText(problem, problemOf(document));
      problem.hidden = !problem.textContent;
      box.setAttribute("aria-label", `Select ${document.title}`);
      more.setAttribute("aria-label", `More for ${document.title}`);
    },
  };
}

/** Why it has no text, or why it still has its earlier one. */
function problemOf({ status, error_code: code, error_message: message }) {
  if (status === "reading" || !code) return "";
  const why = message || code;
  return status === "ready" ? `The file that was to replace it could not be read, so its text stays. ${why}` : why;
}

function actionsOf(document, doings) {
  const isReady = document.status === "ready";
  const href = `/api/documents/${document.id}/text`;
  return [
    isReady && { label: "Read", sign: "eye", onPick: () => doings.onRead(document) },
    { label: "Edit", sign: "pencil", onPick: () => doings.onEdit(document) },
    document.external_id && { label: "Replace by another file", sign: "upload", onPick: () => doings.onReplace(document) },
    isReady && { label: "Download the text", sign: "download", href, download: true },
    "line",
    { label: "Delete", sign: "trash", tone: "danger", onPick: () => doings.onDelete(document) },
  ].filter(Boolean);
}
