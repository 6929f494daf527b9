// <st-recorder>: the controls of a running recording, with its clock, its sound and the state of its line.

import { fill, h, setText } from "../dom.js";
import { clock } from "../format.js";
import { liveSession } from "../live-session.js";
import { isCut, lagWords, lineWords, phaseWords } from "../recorder-words.js";
import { button } from "./basics.js";
import "./level-meter.js";
import "./waveform.js";

export class RecorderPanel extends HTMLElement {
  #phase = h("strong", { class: "recorder-phase" });
  #clock = h("span", { class: "recorder-clock numeric", role: "timer", "aria-label": "Recorded" });
  #lag = h("span", { class: "recorder-lag numeric" });
  #engine = h("span", { class: "recorder-engine" });
  #line = h("p", { class: "recorder-line", hidden: true });
  /** The kept seconds change all the time: a screen reader hears only that the line is gone and back. */
  #voice = h("span", { class: "visually-hidden", role: "status" });
  #level = document.createElement("st-level");
  #wave = document.createElement("st-waveform");
  #pause = button({ label: "Pause", sign: "pause", kind: "outline", "aria-keyshortcuts": "P" });
  #resume = button({ label: "Resume", sign: "record", kind: "outline", "aria-keyshortcuts": "P" });
  #stop = button({ label: "Stop", sign: "stop", kind: "danger", "aria-keyshortcuts": "R" });
  #cut = false;
  #life = null;

  connectedCallback() {
    this.#life = new AbortController();
    this.tabIndex = -1;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Recording");
    const { signal } = this.#life;
    this.#pause.onclick = () => this.#turn(() => liveSession.pause(), this.#resume);
    this.#resume.onclick = () => this.#turn(() => liveSession.resume(), this.#pause);
    this.#stop.onclick = () => liveSession.stop();
    liveSession.addEventListener("change", () => this.#show(), { signal });
    liveSession.addEventListener("level", () => this.#hear(), { signal });
    fill(
      this,
      h("div", { class: "recorder-state" }, this.#phase, this.#clock, this.#level),
      this.#wave,
      h("div", { class: "recorder-buttons" }, this.#pause, this.#resume, this.#stop),
      h("p", { class: "recorder-facts" }, this.#engine, this.#lag),
      this.#line,
      this.#voice,
    );
    this.#show();
    this.#wave.show(liveSession.levels);
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** The pressed button gives way to another: the focus goes there. */
  async #turn(work, other) {
    await work();
    if (!other.hidden) other.focus();
  }

  #hear() {
    this.#level.value = liveSession.levels.at(-1) ?? 0;
    this.#wave.show(liveSession.levels);
    setText(this.#clock, clock(liveSession.seconds));
    this.#showLine(lineWords(liveSession));
  }

  #show() {
    const { phase, engine } = liveSession;
    this.dataset.phase = phase;
    setText(this.#phase, phaseWords(liveSession));
    setText(this.#clock, clock(liveSession.seconds));
    setText(this.#engine, engine ? [engine.name, engine.model].filter(Boolean).join(" · ") : "");
    this.#engine.title = engine?.reason ?? "";
    setText(this.#lag, lagWords(liveSession));
    if (phase !== "recording") this.#level.value = 0;
    this.#pause.hidden = phase !== "recording";
    this.#resume.hidden = phase !== "paused";
    this.#stop.hidden = phase !== "recording" && phase !== "paused";
    this.#showLine(lineWords(liveSession));
  }

  #showLine(words) {
    this.#line.hidden = !words;
    setText(this.#line, words);
    const cut = isCut(liveSession);
    if (cut !== this.#cut) setText(this.#voice, cut ? words : "The line is back.");
    this.#cut = cut;
  }
}

customElements.define("st-recorder", RecorderPanel);
