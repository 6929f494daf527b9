// What a batch would take, shown before it begins and again after each change.

import { badge, notice } from "../components/basics.js";
import { fill, h } from "../dom.js";
import { duration, plural } from "../format.js";
import { engineName, money } from "./words.js";
import { estimateBatch, isWhole, unknownDocuments } from "./wishes.js";

const SETTLE_MS = 600;

export class Estimate {
  #signal;
  #currency = "";
  #timer = null;
  #asking = null;
  #onErrors;
  #onGone;
  #facts = h("div", { class: "estimate-facts numeric", role: "status" });
  #problems = h("div", { class: "notes" });
  element = h("div", { class: "estimate" }, this.#facts, this.#problems);

  /**
   * `onErrors(fields)` gets what the server says about fields, `{}` when it takes them; returns what stands beside the
   * fields then: names of fields, and problems in words. `onGone(ids)` gets the documents that are not there any more.
   */
  constructor(signal, { onErrors, onGone }) {
    this.#signal = signal;
    this.#onErrors = onErrors;
    this.#onGone = onGone;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  set currency(currency) {
    this.#currency = currency;
  }

  /** Ask for these wishes when they have settled. */
  update(wishes) {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.element.dataset.state = "old";
    if (!isWhole(wishes)) {
      fill(this.#problems);
      fill(this.#facts, h("span", { class: "muted" }, missing(wishes)));
      return;
    }
    this.#timer = setTimeout(() => this.#ask(wishes), SETTLE_MS);
  }

  async #ask(wishes) {
    this.#asking = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#asking.signal]);
    try {
      const estimate = await estimateBatch(wishes, signal);
      const shown = this.#onErrors({});
      this.#show(estimate, shown);
    } catch (error) {
      if (!signal.aborted) this.#refuse(error);
    }
  }

  #show(estimate, shown) {
    this.element.dataset.state = "fresh";
    fill(this.#facts, factsOf(estimate, this.#currency).map((words) => h("span", {}, words)), splitBadge(estimate));
    const others = estimate.problems.filter((text) => !shown.includes(text));
    fill(this.#problems, others.map((text) => notice(text, "warn")));
  }

  #refuse(error) {
    const gone = unknownDocuments(error);
    if (gone.length) {
      this.#onGone(gone);
      return;
    }
    const { message, fields } = error;
    const placed = this.#onErrors(fields ?? {});
    const rest = Object.entries(fields ?? {}).filter(([name]) => !placed.includes(name)).flatMap(([, messages]) => messages);
    fill(this.#facts, h("span", { class: "muted" }, "No estimate: something is not right yet."));
    fill(this.#problems, notice([...new Set([message, ...rest])].join(" "), "danger"));
  }
}

function missing({ documents, collections, prompts }) {
  if (documents.length + collections.length === 0) return "Choose documents to see what it takes.";
  return prompts.length > 1 ? "Write every prompt to see what it takes." : "Write a prompt to see what it takes.";
}

function factsOf(estimate, currency) {
  const { documents, prompts, cells, prompt_tokens: read, completion_tokens: written, cost, seconds, engine, problems } = estimate;
  const answers = `${plural(documents, "document")} × ${plural(prompts, "prompt")} = ${plural(cells, "answer")}`;
  if (problems.length) return [answers, "It cannot begin like this."];
  return [
    answers,
    `about ${plural(read, "token")} read, ${written.toLocaleString("en")} written`,
    cost === null ? "price unknown" : `about ${money(cost, currency)}`,
    seconds === null ? null : `about ${duration(Math.max(1, seconds))}`,
    engine && `by ${engineName(engine)}`,
  ].filter(Boolean);
}

function splitBadge({ split, not_ready: waiting }) {
  return [
    split > 0 && badge(`${plural(split, "document is", "documents are")} longer than the model reads at once and will be split`, "info"),
    waiting > 0 && badge(`${plural(waiting, "document has", "documents have")} no text yet, or none at all: it cannot begin with ${waiting === 1 ? "it" : "them"}`, "warn"),
  ];
}
