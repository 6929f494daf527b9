// <st-speakers>: who speaks when, a lane for each voice, with its name and its share of the time.

import { fill, h } from "../dom.js";
import { duration, plural } from "../format.js";
import { colourOf } from "../speakers.js";
import { showSpeaker, speakerChip, speakerTools } from "./speaker-chip.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 20;
// A turn of a second must still be seen on the lane of an hour.
const LEAST = 1 / 500;

/** Events: "seek" (detail: seconds) when a place on a lane is picked. */
export class SpeakerTimeline extends HTMLElement {
  #lanes = new Map();
  #length = 0;
  #cursor = h("div", { class: "lane-cursor", "aria-hidden": "true" }, h("i", {}));
  #list = h("div", { class: "lanes" });

  /** `editing`: a `TextEditing` where the names may be changed; null for readers. */
  editing = null;

  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Speakers");
    if (!this.#list.isConnected) this.append(this.#list);
    this.#list.addEventListener("click", (event) => this.#onClick(event));
  }

  /** Show these lanes (see `talk` in speakers.js) over a recording of `length` seconds. */
  show(speakers, lanes, length) {
    this.#length = length;
    this.hidden = lanes.length === 0;
    const old = this.#lanes;
    this.#lanes = new Map(lanes.map((lane) => [lane.label, old.get(lane.label) ?? this.#build(speakers, lane.label)]));
    // Moved only where the voices have changed: moving would take the focus out of a name that is being written.
    if ([...this.#lanes.keys()].join() !== [...old.keys()].join()) this.#arrange();
    for (const lane of lanes) this.#draw(this.#lanes.get(lane.label), speakers, lane);
  }

  /** Forget the lanes: another text is shown, or it may be changed now. */
  clear() {
    this.#lanes = new Map();
    fill(this.#list);
  }

  /** The seconds at which the recording stands. */
  set time(seconds) {
    this.#cursor.firstChild.style.left = `${(100 * Math.min(seconds, this.#length)) / (this.#length || 1)}%`;
    const isNow = ({ start, end }) => seconds > 0 && start <= seconds && seconds < end;
    for (const { head, spans } of this.#lanes.values()) head.toggleAttribute("data-speaking", spans.some(isNow));
  }

  /** Rows by number, because the cursor lies over all of them. */
  #arrange() {
    const lanes = [...this.#lanes.values()];
    lanes.forEach(({ head, track }, at) => {
      head.style.gridRow = track.style.gridRow = String(at + 1);
    });
    this.#cursor.style.gridRow = `1 / span ${Math.max(1, lanes.length)}`;
    fill(this.#list, lanes.map(({ head, track }) => [head, track]), this.#cursor);
  }

  #build(speakers, label) {
    const chip = speakerChip(speakers, label, {
      editable: this.editing !== null,
      onPress: this.editing && ((pressed) => this.editing.rename(pressed)),
    });
    const share = h("span", { class: "lane-share numeric" });
    const head = h("div", { class: "lane-head" }, chip, this.editing && this.#menuOf(chip), share);
    const path = document.createElementNS(SVG, "path");
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("role", "img");
    drawing.append(path);
    const track = h("div", { class: "lane-track", dataset: { colour: colourOf(label) } }, drawing);
    return { chip, share, head, track, drawing, path, spans: [] };
  }

  #menuOf(chip) {
    const tools = speakerTools();
    const more = tools.firstChild;
    more.addEventListener("click", () => this.editing.speakerMenu(more, chip));
    return tools;
  }

  #draw(parts, speakers, { label, spans, seconds, share }) {
    const name = speakers.nameOf(label);
    const percent = Math.round(share * 100);
    showSpeaker(parts.chip, speakers, label);
    parts.share.textContent = `${percent} %`;
    parts.share.title = `${name} speaks for ${duration(seconds)}`;
    parts.spans = spans;
    const least = this.#length * LEAST;
    const block = ({ start, end }) => `M${start} 0H${Math.max(end, start + least)}V${HEIGHT}H${start}Z`;
    parts.path.setAttribute("d", spans.map(block).join(""));
    parts.drawing.setAttribute("viewBox", `0 0 ${this.#length || 1} ${HEIGHT}`);
    const words = [plural(spans.length, "turn"), duration(seconds), `${percent} percent`].join(", ");
    parts.drawing.setAttribute("aria-label", `${name}: ${words}`);
  }

  #onClick(event) {
    const track = event.target.closest(".lane-track");
    if (!track) return;
    const { left, width } = track.getBoundingClientRect();
    const seconds = ((event.clientX - left) / width) * this.#length;
    this.dispatchEvent(new CustomEvent("seek", { detail: Math.max(0, seconds) }));
  }
}

customElements.define("st-speakers", SpeakerTimeline);
