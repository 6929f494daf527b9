// Keeps the spoken or the newest words in view, unless the reader has scrolled away or switched it off.

import { button } from "./components/basics.js";
import { bringIntoView } from "./dom.js";

const KEY = "stentor-follow";
const READER_MS = 5000;

export class Follow {
  #on = remembered();
  #readerUntil = 0;
  #last = null;

  /** `button` is the toggle for the page. Listeners end with `signal`. */
  constructor(text, signal) {
    this.text = text;
    this.button = button({
      label: "Follow along",
      sign: "follow",
      kind: "quiet",
      "aria-pressed": String(this.#on),
    });
    this.button.addEventListener("click", () => this.#toggle());
    const reading = () => {
      this.#readerUntil = Date.now() + READER_MS;
    };
    for (const event of ["wheel", "touchmove"]) window.addEventListener(
      event,
      reading,
      { passive: true, signal },
    );
  }

  /** Some word is spoken. */
  spoken(word, playing) {
    if (!word || word === this.#last || !playing) return;
    this.#last = word;
    if (this.#may && hidden(word)) bringIntoView(word);
  }

  /** Text was added at the end. */
  newest() {
    const last = this.text.lastElementChild;
    if (this.#may && last && hidden(last)) bringIntoView(last);
  }

  get #may() {
    return this.#on && Date.now() > this.#readerUntil;
  }

  #toggle() {
    this.#on = !this.#on;
    this.#readerUntil = 0;
    this.button.setAttribute("aria-pressed", String(this.#on));
    try {
      localStorage.setItem(KEY, this.#on ? "on" : "off");
    } catch {
      // Without storage the choice lasts until the page is left.
    }
  }
}

function hidden(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight * 0.12 || bottom > innerHeight * 0.72;
}

function remembered() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}
