// The card that takes documents: files, where they belong, and how far they are in being read.

import { call } from "../api.js";
import { transcriptDialog } from "../chat/attachments.js";
import { button, check, field } from "../components/basics.js";
import { jobRow } from "../components/job.js";
import { toast } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { feed } from "../feed.js";
import { isActive } from "../job-words.js";
import { documentUploads } from "./document-uploads.js";
import { TAKEN } from "./words.js";

const COLLECTION = "[A-Za-z0-9][A-Za-z0-9_\\-]{0,63}";

/** `onAdded()` is called when the list has grown in a way that no event tells. */
export class DocumentUploadCard {
  #collection = field({
    label: "Collection",
    input: h("input", { value: "general", maxlength: "64", pattern: COLLECTION, autocomplete: "off", spellcheck: "false" }),
    hint: "Letters, digits, - and _. A collection can be asked as a whole.",
  });
  #external = field({
    label: "External id",
    input: h("input", { maxlength: "200", autocomplete: "off", spellcheck: "false" }),
    hint: "The name by which another system knows it. For one file at a time.",
  });
  #replace = check({ label: "Replace", hint: "A document with that external id gets the new text." });
  #names = h("datalist", { id: "collection-names" });
  #reading = h("div", { class: "rows document-jobs" });
  #jobs = new Map();
  #onAdded;
  element;

  constructor(signal, { onAdded }) {
    this.#onAdded = onAdded;
    this.#collection.input.setAttribute("list", this.#names.id);
    const options = [this.#collection.element, this.#external.element, this.#replace.element];
    const head = h("summary", {}, h("strong", {}, "Where they belong"), this.#summary());
    const details = h("details", {}, head, h("div", { class: "options" }, options, this.#names));
    const main = h("div", { class: "upload" }, this.#chooser(), details);
    this.element = h("section", { class: "card", "aria-label": "Add documents" }, main, this.#reading);
    documentUploads.addEventListener("done", ({ detail }) => this.#take(detail), { signal });
    feed.addEventListener("job", ({ detail }) => this.#show(detail.job), { signal });
    feed.addEventListener("removed", ({ detail }) => this.#remove(detail.id), { signal });
    feed.addEventListener("reset", () => this.#showAll(), { signal });
    this.#showAll();
  }

  /** Offer the names of the collections that there are. */
  set collections(names) {
    fill(this.#names, names.map((name) => h("option", { value: name })));
  }

  takeFiles(files) {
    const [external, replace] = [this.#external.input.value.trim(), this.#replace.input.checked];
    const isWrong = !this.#collection.input.checkValidity() || !this.#collection.input.value;
    this.#collection.setError(isWrong ? "Letters, digits, - and _ only, a letter or digit first." : "");
    this.#external.setError(external && files.length > 1 ? "An external id names one file. Choose one, or leave this empty." : "");
    if (isWrong || (external && files.length > 1)) {
      this.element.querySelector("details").open = true;
      this.element.querySelector("[aria-invalid]").focus();
      return;
    }
    const fields = { collection: this.#collection.input.value, external_id: external };
    documentUploads.add(files, { ...fields, replace: external && replace ? "true" : "" });
    this.#external.input.value = "";
  }

  #summary() {
    const words = h("span", { class: "muted" });
    const show = () => setText(words, `collection ${this.#collection.input.value || "…"}`);
    this.#collection.input.addEventListener("input", show);
    show();
    return words;
  }

  #chooser() {
    const looks = { class: "visually-hidden", tabindex: "-1", "aria-label": "Documents" };
    const picker = h("input", { type: "file", multiple: true, accept: TAKEN, ...looks });
    picker.addEventListener("change", () => {
      if (picker.files.length) this.takeFiles([...picker.files]);
      picker.value = ""; // so that the same file can be chosen again
    });
    const words = h(
      "div",
      { class: "upload-words" },
      h("h2", {}, "Add documents"),
      h("p", {}, "Drop PDF, Word, Excel, HTML or text files anywhere on this page, or a whole folder of them."),
    );
    const choose = button({ label: "Choose files", sign: "upload", kind: "primary", onClick: () => picker.click() });
    const transcript = button({ label: "Add a transcript", sign: "transcripts", kind: "outline", onClick: () => this.#pickTranscript() });
    return h("div", { class: "upload-main" }, words, h("div", { class: "actions" }, choose, transcript), picker);
  }

  #pickTranscript() {
    transcriptDialog(async ({ id }) => {
      const json = { reference: `transcript:${id}`, collection: this.#collection.input.value || "general" };
      const { title } = await call("POST", "/api/documents/references", { json });
      toast(`“${title}” is a document now.`);
      this.#onAdded();
    }, "Add a transcript as a document");
  }

  #take({ job }) {
    if (job) this.#show(feed.get(job.id) ?? job);
    this.#onAdded();
  }

  #showAll() {
    for (const id of this.#jobs.keys()) if (!feed.get(id)) this.#remove(id);
    for (const job of feed.all()) this.#show(job);
  }

  /** What is being read stays until it has gone well. */
  #show(job) {
    if (job.kind !== "reading") return;
    let row = this.#jobs.get(job.id);
    if (!row && !isActive(job)) return;
    if (!row) {
      row = jobRow(job);
      this.#jobs.set(job.id, row);
      this.#reading.append(row);
    } else row.job = job;
    if (job.status === "completed") this.#remove(job.id);
  }

  #remove(id) {
    this.#jobs.get(id)?.remove();
    this.#jobs.delete(id);
  }
}
