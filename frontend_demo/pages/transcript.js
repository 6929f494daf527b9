// One transcript: its text as it grows, its sound, its job, and what its owner can do with it.

import { call } from "../api.js";
import { button, emptyState, skeleton } from "../components/basics.js";
import { jobRow } from "../components/job.js";
import "../components/player.js";
import { TextSearch } from "../components/text-search.js";
import { editableTitle } from "../components/title-edit.js";
import { announce, toast } from "../components/toast.js";
import { transcriptActions, transcriptFacts } from "../components/transcript-head.js";
import "../components/transcript-text.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { icon } from "../icons.js";
import { isActive, stateOf } from "../job-words.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { Follow } from "../follow.js";
import { keys } from "../keys.js";
import { Page } from "./page.js";

class TranscriptPage extends Page {
  #transcript = null;
  #title = editableTitle((title) => this.#rename(title));
  #facts = h("div", { class: "facts-line" });
  #actions = transcriptActions(this);
  #job = h("div", { class: "card", hidden: true });
  #row = jobRow(null, { plain: true });
  #notes = h("div", { class: "notes" });
  #text = document.createElement("st-transcript");
  #player = document.createElement("st-player");
  #writing = h("p", { class: "writing", hidden: true });
  #jobTopic = null;
  #search = null;
  #follow = null;
  #milestone = 0;
  #redraw = 0;

  start() {
    this.#search = new TextSearch(this.#text, this.signal);
    this.#follow = new Follow(this.#text, this.signal);
    fill(this, h("h1", { class: "visually-hidden" }, "Transcript"), h("div", { class: "card" }, skeleton(9)));
    const subscription = stentor.subscribe(`transcript:${this.params.id}`, {
      onSnapshot: (data) => this.#reset(data),
      onEvent: (event) => this.#take(event),
      onClosed: (error) => error && this.#gone(error),
    });
    this.signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.#redraw);
      subscription.close();
      this.#jobTopic?.close();
    });
    this.listen(this.#text, "seek", (event) => this.#player.playFrom(event.detail));
    this.listen(this.#player, "time", (event) => this.#light(event.detail));
    this.listen(
      this.#player,
      "unplayable",
      () => toast("This browser cannot play the recording.", { tone: "danger" }),
    );
    keys(this.signal, this.#player, () => this.#search.focus());
  }

  get transcript() {
    return this.#transcript;
  }

  get plainText() {
    return this.#text.plainText;
  }

  get mine() {
    return this.#transcript.owner === session.user?.username;
  }

  /** Show a newer state of the transcript, without its segments. */
  update(transcript) {
    const { segments, ...details } = transcript;
    this.#transcript = { ...this.#transcript, ...details };
    this.#title.set(this.#transcript.title, this.mine);
    document.title = `${this.#transcript.title} · Stentor`;
    fill(this.#facts, transcriptFacts(this.#transcript));
    this.#actions.update();
    this.#player.length = this.#transcript.duration_s;
    this.#showJob(details.job ?? this.#row.job);
  }

  #reset(data) {
    const first = !this.#transcript;
    if (first) this.#build();
    this.#text.reset(data.segments);
    this.update(data);
    this.#changed();
    if (first && data.job) this.#watchJob(data.job.id);
  }

  #build() {
    const back = h("a", { class: "crumb", href: "/" }, icon("back"), "Transcripts");
    const head = h(
      "div",
      { class: "transcript-head" },
      back,
      h("div", { class: "title-row" }, this.#title.element, this.#actions.element),
      this.#facts,
    );
    const unsure = button({
      label: "Unsure words",
      sign: "unsure",
      kind: "quiet",
      "aria-pressed": "true",
      title: "Underline words that the engine is unsure of",
    });
    unsure.addEventListener("click", () => {
      const on = this.#text.classList.toggle("show-unsure");
      unsure.setAttribute("aria-pressed", String(on));
    });
    this.#text.classList.add("show-unsure");
    this.#job.append(this.#row);
    const tools = h("div", { class: "text-tools" }, this.#search.element, this.#follow.button, unsure);
    const focused = this.contains(document.activeElement);
    fill(
      this,
      head,
      this.#job,
      this.#notes,
      tools,
      h("section", { "aria-label": "Text" }, this.#text, this.#writing),
      this.#player,
      hints(),
    );
    if (focused) this.#title.focus();
    this.#player.src = `/api/transcripts/${this.params.id}/audio`;
  }

  #take({ event, data }) {
    if (event === "segment") {
      this.#text.put(data);
      this.#changed();
    } else if (event === "details") this.update(data);
    else if (event === "deleted") {
      toast(`“${this.#transcript.title}” was deleted.`);
      go("/", { replace: true });
    }
  }

  /** Once per frame: after a long absence hundreds of segments arrive together. */
  #changed() {
    if (this.#redraw) return;
    this.#redraw = requestAnimationFrame(() => {
      this.#redraw = 0;
      this.#player.segments = this.#text.segments;
      this.#search.refresh();
      // A finished text is read from its beginning.
      if (this.#row.job && isActive(this.#row.job)) this.#follow.newest();
      this.#showNotes();
    });
  }

  #watchJob(id) {
    this.#jobTopic?.close();
    this.#jobTopic = stentor.subscribe(`job:${id}`, {
      onSnapshot: (job) => this.#showJob(job.job ?? job),
      onEvent: ({ data }) => this.#showJob(data),
    });
  }

  #showJob(job) {
    if (!job) return;
    const before = this.#row.job;
    this.#row.job = job;
    this.#job.hidden = job.status === "completed";
    this.#writing.hidden = job.status !== "started";
    setText(this.#writing, job.stage ? `${job.stage}…` : "starting…");
    this.#tell(job, before);
    this.#showNotes();
  }

  /** Progress for those who do not see the bar: each quarter and the end, no more. */
  #tell(job, before) {
    const quarter = job.status === "started" ? Math.floor(job.percent / 25) * 25 : 0;
    if (quarter > this.#milestone) announce(`${quarter} percent transcribed`);
    this.#milestone = quarter;
    if (before && before.status !== job.status && !isActive(job)) announce(`Transcription: ${stateOf(job)[0]}`);
  }

  #showNotes() {
    const empty = this.#text.childElementCount === 0;
    const { note } = this.#transcript;
    const done = this.#row.job?.status === "completed";
    const words = note || "No speech was found.";
    fill(
      this.#notes,
      empty && done ? h(
        "div",
        { class: "card" },
        emptyState({ sign: "transcripts", title: "No text", text: words }),
      ) : null,
    );
  }

  #light(time) {
    this.#follow.spoken(this.#text.light(time), this.#player.playing);
  }

  async #rename(title) {
    this.update((await call(
      "PATCH",
      `/api/transcripts/${this.params.id}`,
      { json: { title } },
    )) ?? { title });
  }

  #gone(error) {
    const missing = error.code === "not_found" || error.code === "forbidden";
    const home = h("a", { class: "button button-primary", href: "/" }, "Go to the transcripts");
    const text = missing ? "It was deleted, or it is not shared with you." : error.message;
    fill(
      this,
      h("h1", {}, "Transcript"),
      h(
        "div",
        { class: "card" },
        emptyState({ sign: "search", title: "This transcript is not here", text, action: home }),
      ),
    );
  }
}

function hints() {
  const key = (name) => h("kbd", {}, name);
  return h(
    "p",
    { class: "keys" },
    "Click a word to hear it. ",
    key("Space"),
    " play or pause, ",
    key("←"),
    " ",
    key("→"),
    " five seconds, ",
    key("/"),
    " search.",
  );
}

customElements.define("page-transcript", TranscriptPage);

export default "page-transcript";
