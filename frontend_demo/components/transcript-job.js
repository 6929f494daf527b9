// The work that goes on for a transcript: its card, the line below a growing text, words for who sees neither.

import { h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { isActive, stateOf } from "../job-words.js";
import { jobRow } from "./job.js";
import { announce } from "./toast.js";

const NAMES = { transcription: "Transcription", diarization: "Finding speakers", live: "Recording" };

/** `onChange()` is called after every change of the job. */
export class TranscriptJob {
  #row = jobRow(null, { plain: true });
  #job = null;
  #topic = null;
  #milestone = 0;
  #onChange;
  element = h("div", { class: "card", hidden: true });
  writing = h("p", { class: "writing", hidden: true });

  constructor(signal, onChange) {
    this.#onChange = onChange;
    this.element.append(this.#row);
    signal.addEventListener("abort", () => this.#topic?.close());
  }

  get job() {
    return this.#job;
  }

  get isActive() {
    return this.job !== null && isActive(this.job);
  }

  /** Follow this job from now on; `writes`: what it writes is the text that is shown. */
  follow(job, writes) {
    this.writes = writes;
    if (job.id === this.#job?.id) return this.#show(this.#job);
    this.#job = null;
    this.#milestone = 0;
    this.#topic?.close();
    this.#show(job);
    this.#topic = stentor.subscribe(`job:${job.id}`, {
      onSnapshot: (data) => this.#show(data.job ?? data),
      onEvent: ({ data }) => this.#show(data),
    });
  }

  #show(job) {
    const before = this.#job;
    this.#job = this.#row.job = job;
    // A recording that runs has no end to wait for: its text says how it goes.
    const speaking = job.kind === "live" && job.status === "started";
    this.element.hidden = job.status === "completed" || speaking;
    this.writing.hidden = job.status !== "started" || !this.writes || speaking;
    setText(this.writing, job.stage ? `${job.stage}…` : "starting…");
    if (!speaking) this.#tell(job, before);
    this.#onChange();
  }

  /** Progress for those who do not see the bar: each quarter and the end, no more. */
  #tell(job, before) {
    const name = NAMES[job.kind] ?? "Work";
    const quarter = job.status === "started" ? Math.floor(job.percent / 25) * 25 : 0;
    if (quarter > this.#milestone) announce(`${name}: ${quarter} percent`);
    this.#milestone = quarter;
    if (before && before.status !== job.status && !isActive(job)) announce(`${name}: ${stateOf(job)[0]}`);
  }
}
