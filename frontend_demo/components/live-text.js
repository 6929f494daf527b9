// <st-live-text>: the words that are being said; those that may still change look different from the settled ones.

import { fill, h } from "../dom.js";

export class LiveText extends HTMLElement {
  /** Show a `partial` of the server ({words: [{w, settled}]}), or with `null` nothing. */
  set(partial) {
    const words = partial?.words ?? [];
    const firstOpen = words.findIndex((word) => !word.settled);
    const open = firstOpen < 0 ? words.length : firstOpen;
    const settled = text(words.slice(0, open));
    const unsettled = text(words.slice(open));
    this.hidden = words.length === 0;
    fill(
      this,
      h("p", {}, settled, settled && unsettled && " ", unsettled && h("span", { class: "unsettled" }, unsettled)),
    );
  }
}

function text(words) {
  return words.map(({ w }) => w.trim()).join(" ");
}

customElements.define("st-live-text", LiveText);
