// The sound of a transcript and whose it is: ties the player, the lanes of the speakers and the lit word together.

import { h } from "../dom.js";
import { colourOf, talk } from "../speakers.js";
import "./player.js";
import "./speaker-timeline.js";
import { toast } from "./toast.js";

export class Spoken {
  #text;
  #follow;
  #lanes = [];
  player = h("st-player", { hidden: true });
  timeline = h("st-speakers", { class: "card", hidden: true });

  /** `text` is the `<st-transcript>`, `follow` a `Follow` for it. */
  constructor(text, follow) {
    this.#text = text;
    this.#follow = follow;
    for (const source of [text, this.timeline]) {
      source.addEventListener("seek", (event) => this.#playFrom(event.detail));
    }
    text.addEventListener("editing", () => this.player.pause());
    this.player.addEventListener("time", (event) => this.#light(event.detail));
    this.player.addEventListener("unplayable", () => {
      toast("This browser cannot play the recording.", { tone: "danger" });
    });
  }

  /** Begin anew with other lanes. `editing`: a `TextEditing` where names may be changed, else null. */
  reset(editing) {
    this.timeline.clear();
    this.timeline.editing = editing;
  }

  /** Draw who speaks when: `turns` of an engine as far as there are any, over `seconds` where that is known. */
  draw(turns, seconds) {
    const { segments, speakers } = this.#text;
    this.#lanes = talk(speakers, turns, segments);
    this.timeline.show(speakers, this.#lanes, seconds || segments.at(-1)?.end || turns.at(-1)?.end || 0);
    const coloured = this.#lanes.flatMap(({ label, spans }) =>
      spans.map((span) => ({ ...span, colour: colourOf(label) })),
    );
    this.player.segments = coloured.length ? coloured : segments;
  }

  /** Play where a voice speaks longest. */
  hear(label) {
    const spans = this.#lanes.find((lane) => lane.label === label)?.spans ?? [];
    const longest = spans.toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
    if (longest) this.#playFrom(longest.start);
  }

  /** While it is recorded, and when the sound was deleted, there is nothing to play. */
  #playFrom(seconds) {
    if (!this.player.hidden) this.player.playFrom(seconds);
  }

  #light(time) {
    this.timeline.time = time;
    this.#follow.spoken(this.#text.light(time), this.player.playing);
  }
}
