// One transcript: its text as it grows, who speaks, its sound, its jobs, and what its owner can do with it.

import { call } from "../api.js";
import { skeleton } from "../components/basics.js";
import { LiveNow } from "../components/live-now.js";
import { revisionName, revisionNotice } from "../components/revisions.js";
import { Spoken } from "../components/spoken.js";
import { TextEditing } from "../components/text-editing.js";
import { TextSearch } from "../components/text-search.js";
import { textTools } from "../components/text-tools.js";
import { editableTitle } from "../components/title-edit.js";
import { toast, toastProblem } from "../components/toast.js";
import { noText, notHere } from "../components/transcript-empty.js";
import { transcriptActions, transcriptFacts } from "../components/transcript-head.js";
import { TranscriptJob } from "../components/transcript-job.js";
import "../components/transcript-text.js";
import { copy } from "../clipboard.js";
import { fill, h } from "../dom.js";
import { stentor } from "../feed.js";
import { Follow } from "../follow.js";
import { icon } from "../icons.js";
import { keepPlace } from "../reading-place.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { Speakers } from "../speakers.js";
import { Changes } from "../transcript-changes.js";
import { keyHints, transcriptKeys } from "../transcript-keys.js";
import { Page } from "./page.js";

class TranscriptPage extends Page {
  #transcript = null;
  #turns = [];
  #viewed = null;
  /** The id of the job that writes the shown text, while it does; null where that is finished. */
  #writer = null;
  #title = editableTitle((title) => this.#rename(title));
  #facts = h("div", { class: "facts-line" });
  #actions = transcriptActions(this);
  #notes = h("div", { class: "notes" });
  #text = document.createElement("st-transcript");
  #live = new LiveNow();
  #spoken = null;
  #job = null;
  #editing = null;
  #search = null;
  #follow = null;
  #topic = null;
  #redraw = 0;
  #noted = "";

  start() {
    const changes = new Changes(this.params.id, {
      onSpeakers: (list) => this.#takeSpeakers(list),
      onSegment: (segment) => this.#takeSegment(segment),
    });
    this.#job = new TranscriptJob(this.signal, () => this.#transcript && this.#showSound());
    this.#editing = new TextEditing(this.#text, changes, (label) => this.#spoken.hear(label));
    this.#search = new TextSearch(this.#text, this.signal);
    this.#follow = new Follow(this.#text, this.signal);
    this.#spoken = new Spoken(this.#text, this.#follow);
    fill(this, h("h1", { class: "visually-hidden" }, "Transcript"), h("div", { class: "card" }, skeleton(9)));
    this.#subscribe();
    this.signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.#redraw);
      this.#topic.close();
    });
    transcriptKeys(this.signal, {
      player: this.#spoken.player,
      text: this.#text,
      search: () => this.#search.focus(),
      editing: this.#editing,
    });
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

  /** A job for this recording waits or runs. */
  get working() {
    return this.#job.isActive;
  }

  /** The number of the revision that is read, where that is not the shown one; else null. */
  get viewed() {
    return this.#viewed;
  }

  /** Read another revision, or with `null` the shown one again. */
  async view(number) {
    try {
      if (number === null) this.#subscribe();
      else {
        const query = { revision: String(number) };
        const data = await call("GET", `/api/transcripts/${this.params.id}`, { query, signal: this.signal });
        this.#showText(data, number);
      }
    } catch (error) {
      toastProblem(error);
    }
  }

  /** Show a newer state of the transcript, without its text. */
  update(transcript) {
    const { segments, speakers, ...details } = transcript;
    this.#transcript = { ...this.#transcript, ...details };
    this.#title.set(this.#transcript.title, this.mine);
    document.title = `${this.#transcript.title} · Stentor`;
    this.#spoken.player.length = this.#transcript.duration_s;
    this.#job.follow(this.#transcript.job, this.#transcript.job.id === this.#writer);
    this.#actions.update();
    this.#showFacts();
    this.#showSound();
  }

  #subscribe() {
    this.#topic?.close();
    this.#topic = stentor.subscribe(`transcript:${this.params.id}`, {
      onSnapshot: (data) => this.#reset(data),
      onEvent: (event) => this.#take(event),
      onClosed: (error) => error && this.#gone(error),
    });
  }

  #reset(data) {
    const before = this.#transcript;
    if (!before) this.#build();
    this.#transcript = data;
    this.#writer = writerOf(data);
    this.#showText(data, null, before?.revision === data.revision && this.#viewed === null);
    this.update(data);
    this.#live.reset(data.live);
    if (before && before.revision !== data.revision) this.#tellRevision();
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
    const tools = textTools({ text: this.#text, search: this.#search, follow: this.#follow });
    const text = h("section", { "aria-label": "Text" }, this.#text, this.#live.element, this.#job.writing);
    const focused = this.contains(document.activeElement);
    const { timeline, player } = this.#spoken;
    fill(this, head, this.#job.element, this.#notes, timeline, tools, text, player, keyHints());
    if (focused) this.#title.focus();
  }

  #take({ event, data }) {
    const takers = {
      partial: () => this.#live.partial(data),
      speech: () => this.#live.speech(data.state),
      final: () => {
        this.#live.partial(null);
        this.#takeSegment(data);
      },
      segment: () => this.#takeSegment(data),
      speakers: () => this.#takeSpeakers(data.speakers),
      details: () => this.update(data),
      deleted: () => {
        toast(`“${this.#transcript.title}” was deleted.`);
        go("/", { replace: true });
      },
    };
    // While another revision is read, events about the shown text wait for the snapshot that brings it back.
    if (this.#viewed === null || event === "details" || event === "deleted") takers[event]?.();
  }

  #takeSegment(segment) {
    this.#text.put(segment);
    this.#changed();
  }

  #takeSpeakers(list) {
    this.#text.speakers = new Speakers(list);
    this.#changed();
  }

  /** Put a whole text on the page. `number`: of the revision that is read instead of the shown one. */
  #showText(data, number, sameText = false) {
    const goBack = keepPlace(this.#text);
    if (!sameText) this.#keepDraft();
    this.#viewed = number;
    this.#turns = data.turns;
    const editable = this.mine && number === null;
    if (this.#text.editable !== editable || !sameText) this.#spoken.reset(editable ? this.#editing : null);
    this.classList.toggle("editable", editable);
    this.#text.reset(data.segments, { speakers: new Speakers(data.speakers), editable, sameText });
    if (!sameText) goBack();
    this.#changed();
    this.#showFacts();
  }

  /** What was being written would go with the text that it belongs to. */
  #keepDraft() {
    const { editor } = this.#text.editing ?? {};
    if (!editor?.isChanged) return;
    const { draft } = editor;
    const action = { label: "Copy what I wrote", run: () => copy(draft, "What you wrote") };
    toast("The text was replaced while you were editing it.", { action });
  }

  #tellRevision() {
    const { revisions, revision } = this.#transcript;
    const shown = revisions.find(({ number }) => number === revision);
    if (shown) toast(`Now you read: ${revisionName(shown, revisions)}.`);
  }

  /** Once per frame: after a long absence hundreds of segments arrive together. */
  #changed() {
    if (this.#redraw) return;
    this.#redraw = requestAnimationFrame(() => {
      this.#redraw = 0;
      this.#spoken.draw(this.#turns, this.#transcript.duration_s);
      this.#search.refresh();
      // A finished text is read from its beginning.
      if (this.#isGrowing) this.#follow.newest();
      this.#showNotes();
    });
  }

  get #isRecording() {
    const { live, duration_s: seconds } = this.#transcript;
    return Boolean(live) && seconds === null && this.#job.isActive && this.#job.job.kind === "live";
  }

  get #isGrowing() {
    return this.#job.isActive && this.#job.writes && this.#viewed === null;
  }

  #showFacts() {
    const viewed = this.#transcript.revisions.find(({ number }) => number === this.#viewed);
    const { engine, diarizer } = viewed ?? this.#transcript;
    fill(this.#facts, transcriptFacts({ ...this.#transcript, engine, diarizer }, this.#isRecording));
  }

  /** While it is spoken there is nothing to play, but more to read at any moment. */
  #showSound() {
    const recording = this.#isRecording;
    const { player } = this.#spoken;
    if (this.#live.element.hidden === recording) this.#showFacts();
    this.#live.element.hidden = !recording;
    player.hidden = !this.#transcript.has_audio;
    if (!player.hidden) player.src = `/api/transcripts/${this.params.id}/audio`;
    this.#showNotes();
  }

  #showNotes() {
    const empty = this.#text.childElementCount === 0 && this.#job.job?.status === "completed";
    const state = JSON.stringify([this.#viewed, empty, this.#turns.length, this.#transcript.note]);
    if (state === this.#noted) return; // whoever is about to press a button here shall find it in its place
    this.#noted = state;
    fill(
      this.#notes,
      this.#viewed !== null && revisionNotice(this),
      empty && noText({ note: this.#transcript.note, turns: this.#turns, mine: this.mine }),
    );
  }

  async #rename(title) {
    this.update((await call(
      "PATCH",
      `/api/transcripts/${this.params.id}`,
      { json: { title } },
    )) ?? { title });
  }

  #gone(error) {
    fill(this, h("h1", {}, "Transcript"), notHere(error));
  }
}

function writerOf({ revisions, revision, job }) {
  const shown = revisions.find(({ number }) => number === revision);
  return shown?.finished_at === null ? job.id : null;
}

customElements.define("page-transcript", TranscriptPage);

export default "page-transcript";
