// Tries the prompts on one document and shows the answers as they come, before a batch begins.

import { call } from "../api.js";
import { RichText } from "../chat/rich-text.js";
import { busy, button, notice } from "../components/basics.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { plural } from "../format.js";
import { failure, happening, isActive } from "../job-words.js";
import { beginBatch, unknownDocuments } from "./wishes.js";

const MOST_PROMPTS = 5;

/**
 * `wishes()` gives what the form says now; `onErrors(fields)` gets what the server says about fields, `onGone(ids)` the
 * documents that are not there any more.
 */
export class Preview {
  #signal;
  #wishes;
  #onErrors;
  #onGone;
  #tried = "";
  #isTrying = false;
  #isAnswered = false;
  #id = null;
  #topics = [];
  #answers = [];
  #document = h("select", { class: "input", "aria-label": "Document to try it on" });
  #try = button({ label: "Try it", sign: "play", kind: "outline", onClick: () => this.#begin() });
  #stop = button({ label: "Stop", sign: "stop", kind: "quiet", hidden: true, onClick: () => this.#cancel() });
  #state = h("p", { class: "muted small", role: "status" }, "See the answers for one document before all are asked.");
  #problem = h("div", { class: "notes" });
  #results = h("div", { class: "preview-answers" });
  element = h("div", { class: "form" }, h("div", { class: "preview-tools" }, this.#document, this.#try, this.#stop), this.#state, this.#problem, this.#results);

  constructor(signal, { wishes, onErrors, onGone }) {
    this.#signal = signal;
    this.#wishes = wishes;
    this.#onErrors = onErrors;
    this.#onGone = onGone;
    this.#document.addEventListener("change", () => this.mark());
    signal.addEventListener("abort", () => this.#leave());
  }

  /** Offer these documents to try it on: `[{id, title}]`. */
  offer(samples) {
    const before = this.#document.value;
    const known = [...this.#document.options].map(({ value }) => value).join();
    if (known !== samples.map(({ id }) => id).join()) {
      fill(this.#document, samples.map(({ id, title }) => h("option", { value: id }, title)));
      if (samples.some(({ id }) => id === before)) this.#document.value = before;
    }
    this.#document.hidden = samples.length === 0;
    this.mark();
  }

  /** Something has changed: say whether the answers below are still those of what is written above. */
  mark() {
    const wishes = this.#asked();
    this.#try.disabled = this.#isTrying || !wishes.documents[0] || !wishes.prompts.length;
    const isOld = this.#tried !== "" && this.#tried !== JSON.stringify(wishes);
    this.#results.toggleAttribute("data-old", isOld);
    if (this.#tried === "" || this.#topics.length) return;
    const whole = this.#isAnswered ? "These are the answers of what is written above." : "";
    setText(this.#state, isOld ? "Something has changed since: these answers are of before." : whole);
  }

  #asked() {
    const { prompts, ...others } = this.#wishes();
    const documents = this.#document.value ? [this.#document.value] : [];
    const written = this.#places(prompts).map((place) => prompts[place]);
    return { ...others, title: "Preview", documents, collections: [], prompts: written, preview: true };
  }

  /** Where in the form the prompts stand that are tried. */
  #places(prompts) {
    return [...prompts.keys()].filter((place) => prompts[place].value.trim()).slice(0, MOST_PROMPTS);
  }

  async #begin() {
    const wishes = this.#asked();
    const places = this.#places(this.#wishes().prompts);
    this.#leave();
    fill(this.#problem);
    this.#isTrying = true;
    try {
      const batch = await busy(this.#try, () => beginBatch(wishes));
      if (this.#signal.aborted) return;
      this.#onErrors({});
      this.#tried = JSON.stringify(wishes);
      this.#follow(batch);
    } catch (error) {
      this.#onErrors(inForm(error.fields ?? {}, places));
      this.#onGone(unknownDocuments(error));
      this.#end(error.message);
    } finally {
      this.#isTrying = false;
      this.mark();
    }
  }

  #follow({ id, prompts, job }) {
    this.#id = id;
    this.#isAnswered = false;
    this.#answers = prompts.map(({ name }) => answerOf(name));
    fill(this.#results, this.#answers.map(({ element }) => element));
    this.#stop.hidden = false;
    this.#topics = [
      stentor.subscribe(`batch:${id}`, {
        onSnapshot: ({ states }) => [...states].forEach((state, column) => state !== "." && this.#show(column)),
        onEvent: ({ event, data }) => event === "cells" && data.cells.forEach(({ column }) => this.#show(column)),
        onClosed: (error) => error && this.#end(error.message),
      }),
      stentor.subscribe(`job:${id}`, {
        onSnapshot: (data) => this.#tell(data.job ?? data),
        onEvent: ({ data }) => this.#tell(data),
      }),
    ];
    this.#tell(job);
  }

  #tell(job) {
    if (isActive(job)) setText(this.#state, happening(job));
    else if (job.status === "failed") this.#end(failure(job));
    else if (job.status === "cancelled") this.#end("Stopped.");
    // A job that is done has said so before its last answer has been fetched: the answers end it.
  }

  async #show(column) {
    const answer = this.#answers[column];
    if (answer.isShown) return;
    answer.isShown = true;
    const id = this.#id;
    try {
      const cell = await call("GET", `/api/batches/${id}/cells/0/${column}`);
      if (id !== this.#id) return;
      answer.show(cell);
      this.#isAnswered = this.#answers.every(({ isDone }) => isDone);
      if (this.#isAnswered) this.#end("");
    } catch (error) {
      answer.isShown = false;
      if (id === this.#id) this.#end(error.message);
    }
  }

  /** It has ended, well unless `problem` says how. */
  #end(problem) {
    this.#leave();
    for (const answer of this.#answers) answer.settle();
    if (problem) fill(this.#problem, notice(problem, problem === "Stopped." ? "info" : "danger"));
    setText(this.#state, "");
    this.mark();
  }

  async #cancel() {
    try {
      await busy(this.#stop, () => stentor.command("job.cancel", { job_id: this.#id }));
    } catch (error) {
      this.#end(error.message);
    }
  }

  #leave() {
    for (const topic of this.#topics.splice(0)) topic.close();
    this.#stop.hidden = true;
  }
}

/** The same errors, each at the place that its prompt has in the form. */
function inForm(fields, places) {
  const path = (name) => name.replace(/^prompts\.(\d+)/, (_, sent) => `prompts.${places[sent]}`);
  return Object.fromEntries(Object.entries(fields).map(([name, texts]) => [path(name), texts]));
}

function answerOf(name) {
  const spinner = h("span", { class: "spinner", role: "img", "aria-label": "Being answered" });
  const named = { tabindex: "0", role: "group", "aria-label": `Answer of ${name}` };
  const body = h("div", { class: "preview-answer-body", ...named }, spinner);
  const facts = h("p", { class: "muted small numeric" });
  const answer = {
    element: h("section", { class: "preview-answer", "aria-label": name }, h("h3", {}, name), body, facts),
    isShown: false,
    isDone: false,
  };
  answer.show = (cell) => {
    answer.isDone = true;
    if (cell.status === "failed") fill(body, notice(cell.error_message || cell.error_code, "danger"));
    else {
      const words = new RichText();
      fill(body, words);
      words.text = cell.text;
    }
    const parts = cell.parts > 1 && `split into ${cell.parts} parts`;
    setText(facts, [plural(cell.completion_tokens, "token"), `${cell.took_s.toFixed(1)} s`, parts].filter(Boolean).join(" · "));
  };
  answer.settle = () => {
    if (!answer.isDone) fill(body, h("p", { class: "muted" }, "No answer."));
  };
  return answer;
}
