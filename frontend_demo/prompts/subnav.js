// The two sides of the prompts: batches, and the documents that they are asked about.

import { h } from "../dom.js";

const PLACES = [["Batches", "/prompts"], ["Documents", "/documents"]];

/** Links to both; `here` is the address of the one that is shown. */
export function subnav(here) {
  const links = PLACES.map(([label, href]) =>
    h("a", { class: "tab", href, "aria-current": href === here ? "page" : null }, label),
  );
  return h("nav", { class: "tabs subnav", "aria-label": "Prompts and documents" }, links);
}
