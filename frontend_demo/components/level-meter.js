// <st-level>: how loud the microphone hears at this moment, as a bar with a few steps.

import { h } from "../dom.js";

const STEPS = 16;
const QUIETEST_DB = -55;

export class LevelMeter extends HTMLElement {
  #bars = Array.from({ length: STEPS }, () => h("span"));

  connectedCallback() {
    this.setAttribute("aria-hidden", "true"); // to the ear it says nothing: the text does
    this.replaceChildren(...this.#bars);
  }

  /** `level`: root mean square, 0 to 1. */
  set value(level) {
    const lit = Math.round(loudness(level) * STEPS);
    this.#bars.forEach((bar, position) => bar.toggleAttribute("data-lit", position < lit));
  }
}

/** A level as the ear takes it, 0 to 1. */
export function loudness(level) {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(level)) / QUIETEST_DB));
}

customElements.define("st-level", LevelMeter);
