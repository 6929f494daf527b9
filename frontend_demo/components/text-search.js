// Finds words in the transcript and walks through the places, without touching the text itself.

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { button } from "./basics.js";

/** `{element, focus(), refresh()}` for the text of `transcript`; `refresh` after the text has changed. */
export function textSearch(transcript, signal) {
  const input = h(
    "input",
    { type: "search", class: "input", placeholder: "Search in the text", "aria-label": "Search in the text" },
  );
  const hits = h("span", { class: "hits numeric", role: "status" });
  const up = button({
    label: "Previous match",
    sign: "up",
    kind: "quiet",
    iconOnly: true,
    onClick: () => step(-1),
  });
  const down = button({
    label: "Next match",
    sign: "down",
    kind: "quiet",
    iconOnly: true,
    onClick: () => step(1),
  });
  let ranges = [];
  let at = -1;

  const show = (scroll) => {
    paint("found", ranges);
    paint("found-now", ranges[at] ? [ranges[at]] : []);
    setText(hits, input.value.trim() ? `${at + 1} of ${ranges.length}` : "");
    up.hidden = down.hidden = ranges.length === 0;
    const place = ranges[at]?.startContainer.parentElement;
    if (scroll) place?.scrollIntoView({ block: "center", behavior: "smooth" });
  };
  const look = (scroll) => {
    ranges = find(transcript, input.value.trim());
    at = Math.min(Math.max(at, 0), ranges.length - 1);
    show(scroll);
  };
  const step = (by) => {
    if (!ranges.length) return;
    at = (at + by + ranges.length) % ranges.length;
    show(true);
  };

  input.addEventListener("input", () => {
    at = 0;
    look(true);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && input.value) {
      input.value = "";
      look(false);
    }
  });
  signal.addEventListener("abort", () => {
    paint("found", []);
    paint("found-now", []);
  });
  look(false);
  return {
    element: [h("div", { class: "searchbox" }, icon("search"), input), hits, up, down],
    focus: () => input.focus(),
    refresh: () => input.value && look(false),
  };
}

function find(transcript, wanted) {
  if (!wanted) return [];
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"), "giu");
  const ranges = [];
  for (const paragraph of transcript.querySelectorAll(".segment-text")) {
    const text = paragraph.textContent;
    for (const found of text.matchAll(pattern)) ranges.push(rangeOf(
      paragraph,
      found.index,
      found.index + found[0].length,
    ));
  }
  return ranges;
}

function rangeOf(paragraph, from, to) {
  const range = document.createRange();
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  let before = 0;
  while (walker.nextNode()) {
    const { length } = walker.currentNode;
    if (from >= before && from < before + length) range.setStart(walker.currentNode, from - before);
    if (to > before && to <= before + length) {
      range.setEnd(walker.currentNode, to - before);
      break;
    }
    before += length;
  }
  return range;
}

function paint(name, ranges) {
  if (!CSS.highlights) return; // an older browser still counts and scrolls
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}
