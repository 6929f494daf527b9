// The bar above a transcript's text: search, follow along, unsure words.

import { h } from "../dom.js";
import { button } from "./basics.js";

/** `search` is a `TextSearch`, `follow` a `Follow`, `text` the `<st-transcript>` that they belong to. */
export function textTools({ text, search, follow }) {
  const unsure = button({
    label: "Unsure words",
    sign: "unsure",
    kind: "quiet",
    "aria-pressed": "true",
    title: "Underline words that the engine is unsure of",
  });
  unsure.addEventListener("click", () => {
    const on = text.classList.toggle("show-unsure");
    unsure.setAttribute("aria-pressed", String(on));
  });
  text.classList.add("show-unsure");
  return h("div", { class: "text-tools" }, search.element, follow.button, unsure);
}
