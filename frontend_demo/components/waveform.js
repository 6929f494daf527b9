// <st-waveform>: the loudness of the last seconds, scrolling from right to left.

import { h } from "../dom.js";
import { loudness } from "./level-meter.js";

const STEP = 4;
const BAR = 2;
const CALM_FRAMES = 10;

export class Waveform extends HTMLElement {
  #canvas = h("canvas", { "aria-hidden": "true" });
  #levels = [];
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #skipped = 0;
  #size = new ResizeObserver(() => this.#draw());
  #theme = new MutationObserver(() => this.#draw());

  connectedCallback() {
    this.replaceChildren(this.#canvas);
    this.#size.observe(this);
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  disconnectedCallback() {
    this.#size.disconnect();
    this.#theme.disconnect();
  }

  /** Show these levels (0 to 1, newest last); where less motion is wanted, only once a second. */
  show(levels) {
    this.#levels = levels;
    this.#skipped += 1;
    if (this.#calm.matches && this.#skipped < CALM_FRAMES) return;
    this.#skipped = 0;
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width) return;
    const scale = devicePixelRatio;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const pen = this.#canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.fillStyle = getComputedStyle(this).color;
    const shown = this.#levels.slice(-Math.floor(width / STEP));
    shown.forEach((level, position) => {
      const tall = Math.max(BAR, loudness(level) * height);
      pen.fillRect(width - (shown.length - position) * STEP, (height - tall) / 2, BAR, tall);
    });
  }
}

customElements.define("st-waveform", Waveform);
