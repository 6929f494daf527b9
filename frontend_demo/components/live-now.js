// What is being said at this moment, below the text of a recording that still runs.

import { h, setText } from "../dom.js";
import "./live-text.js";

export class LiveNow {
  #words = document.createElement("st-live-text");
  #state = h("p", { class: "speech-state" });
  element = h("div", { class: "live-now", hidden: true }, this.#words, this.#state);

  /** `live` as snapshots hold it: {partial, speech}, or null. */
  reset(live) {
    this.partial(live?.partial ?? null);
    this.speech(live?.speech ?? "ended");
  }

  /** The words that may still change; null where there are none. */
  partial(partial) {
    this.#words.set(partial?.words.length ? partial : null);
  }

  /** "started": somebody speaks; "ended". */
  speech(state) {
    this.#state.toggleAttribute("data-speaking", state === "started");
    setText(this.#state, state === "started" ? "Somebody speaks…" : "Silence; listening…");
  }
}
