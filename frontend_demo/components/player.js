// <st-player>: plays the recording; the line shows where somebody speaks, each voice in its colour.

import { fill, h, setText } from "../dom.js";
import { clock } from "../format.js";
import { icon } from "../icons.js";
import { joined } from "../speakers.js";
import { button } from "./basics.js";

const SVG = "http://www.w3.org/2000/svg";
const SKIP_S = 5;
const JOIN_S = 0.6;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** Event "time" (detail: seconds) on every frame while playing, and after a seek. */
export class Player extends HTMLElement {
  #audio = new Audio();
  #play = button({ label: "Play", sign: "play", kind: "primary", iconOnly: true });
  #line = h("input", { type: "range", min: "0", max: "0", step: "0.1", value: "0", "aria-label": "Position" });
  #speech = document.createElementNS(SVG, "svg");
  #now = h("span", {}, "0:00");
  #end = h("span", {}, "0:00");
  #segments = [];
  #known = 0;
  #frame = 0;

  connectedCallback() {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Player");
    this.#play.classList.add("player-play");
    this.#speech.setAttribute("preserveAspectRatio", "none");
    this.#speech.setAttribute("aria-hidden", "true");
    const line = h(
      "div",
      { class: "player-track" },
      h("div", { class: "player-line" }, this.#speech, this.#line),
      h("div", { class: "player-times" }, this.#now, this.#end),
    );
    fill(
      this,
      h(
        "div",
        { class: "player-buttons" },
        this.#skip("Back 5 seconds", "rewind", -SKIP_S),
        this.#play,
        this.#skip("Forward 5 seconds", "forward", SKIP_S),
      ),
      line,
      this.#speeds(),
    );
    this.#wire();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  set src(address) {
    if (this.#audio.getAttribute("src") === address) return;
    this.#audio.preload = "metadata";
    this.#audio.src = address;
  }

  /** The length as the server measured it; the browser's own measure wins where it has one. */
  set length(seconds) {
    this.#known = seconds ?? 0;
    this.#measure();
  }

  /** Where somebody speaks: `[{start, end, colour?}]`. */
  set segments(segments) {
    this.#segments = segments;
    this.#draw();
  }

  get time() {
    return this.#audio.currentTime;
  }

  get playing() {
    return !this.#audio.paused;
  }

  pause() {
    this.#audio.pause();
  }

  toggle() {
    if (this.playing) this.#audio.pause();
    else this.#start();
  }

  /** Go to `seconds`, and play from there. */
  playFrom(seconds) {
    this.seek(seconds);
    this.#start();
  }

  seek(seconds) {
    this.#audio.currentTime = Math.min(Math.max(0, seconds), this.#length || seconds);
    this.#tell();
  }

  skip(seconds) {
    this.seek(this.time + seconds);
  }

  get #length() {
    return Number.isFinite(this.#audio.duration) ? this.#audio.duration : this.#known;
  }

  async #start() {
    try {
      await this.#audio.play();
    } catch (error) {
      // Pausing before the sound has begun is no failure; what cannot be decoded is.
      if (error.name !== "AbortError") this.dispatchEvent(new Event("unplayable"));
    }
  }

  #wire() {
    this.#play.addEventListener("click", () => this.toggle());
    this.#line.addEventListener("input", () => this.seek(Number(this.#line.value)));
    const on = (name, handler) => this.#audio.addEventListener(name, handler);
    on("play", () => this.#switch("Pause", "pause"));
    on("pause", () => this.#switch("Play", "play"));
    on("durationchange", () => this.#measure());
    on("seeked", () => this.#tell());
  }

  #switch(label, sign) {
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
    fill(this.#play, icon(sign));
    cancelAnimationFrame(this.#frame);
    if (this.playing) this.#follow();
  }

  #follow() {
    this.#tell();
    this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #measure() {
    this.#line.max = String(this.#length);
    setText(this.#end, clock(this.#length));
    this.#draw();
    this.#tell();
  }

  #tell() {
    const words = clock(this.time);
    this.#line.value = String(this.time);
    this.#line.setAttribute("aria-valuetext", `${words} of ${clock(this.#length)}`);
    setText(this.#now, words);
    this.#speech.lastChild?.setAttribute("width", String(this.time));
    this.dispatchEvent(new CustomEvent("time", { detail: this.time }));
  }

  /** Speech as blocks on the line, one shape for all of a colour; neighbours with a breath between them become one. */
  #draw() {
    const colours = Map.groupBy(this.#segments, ({ colour }) => colour ?? "");
    const blocks = ({ start, end }) => `M${start} 5H${Math.max(start + 0.05, end)}V23H${start}Z`;
    const shapes = [...colours].map(([colour, spans]) =>
      shape("path", { class: "speech", d: joined(spans, JOIN_S).map(blocks).join(""), "data-colour": colour }),
    );
    this.#speech.setAttribute("viewBox", `0 0 ${this.#length || 1} 28`);
    const played = shape("rect", { class: "played", x: 0, y: 25, width: this.time, height: 3 });
    this.#speech.replaceChildren(...shapes, played);
  }

  #skip(label, sign, seconds) {
    const element = button({ label, sign, kind: "quiet", iconOnly: true, onClick: () => this.skip(seconds) });
    element.classList.add("player-skip");
    return element;
  }

  #speeds() {
    const choice = (speed) => h("option", { value: String(speed), selected: speed === 1 }, `${speed}×`);
    const choices = SPEEDS.map(choice);
    const select = h("select", { class: "input player-speed", "aria-label": "Speed" }, choices);
    select.addEventListener("change", () => {
      this.#audio.playbackRate = Number(select.value);
    });
    return select;
  }
}

function shape(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

customElements.define("st-player", Player);
