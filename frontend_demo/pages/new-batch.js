// A new batch: its documents, its prompts, a try on one of them, what it would take, and its start.

import { busy, button, card, field, notice } from "../components/basics.js";
import { announce, toast, toastProblem } from "../components/toast.js";
import { quotaWords } from "../chat/options.js";
import { fill, h, setText } from "../dom.js";
import { plural } from "../format.js";
import { DocumentPicker } from "../prompts/document-picker.js";
import { clearDraft, dropDraft, EMPTY, isEmpty, loadDraft, saveDraft } from "../prompts/draft.js";
import { Estimate } from "../prompts/estimate.js";
import { offered } from "../prompts/offered.js";
import { OptionFields } from "../prompts/option-fields.js";
import { Preview } from "../prompts/preview.js";
import { PromptEditor } from "../prompts/prompt-editor.js";
import { draftOf } from "../prompts/reuse.js";
import { beginBatch, isWhole, unknownDocuments } from "../prompts/wishes.js";
import { stentor } from "../feed.js";
import { go, rewrite } from "../router.js";
import { session } from "../session.js";
import { Page } from "./page.js";

class NewBatchPage extends Page {
  #title = field({ label: "Title", input: h("input", { maxlength: "200", placeholder: "Named by its first prompt", autocomplete: "off" }) });
  #documents = null;
  #prompts = new PromptEditor(() => this.#changed());
  #options = new OptionFields(() => this.#changed());
  #preview = null;
  #estimate = null;
  #quota = h("p", { class: "muted small" });
  #problem = h("div", { class: "notes" });
  #start = button({ label: "Start", sign: "play", kind: "primary", onClick: () => this.#begin() });
  #isBeginning = false;
  #started = false;

  start() {
    this.classList.add("page-new-batch");
    this.#documents = new DocumentPicker(this.signal, (how) => this.#changed(how));
    const heard = { onErrors: (fields) => this.#placeErrors(fields), onGone: (ids) => this.#documents.forget(ids) };
    this.#estimate = new Estimate(this.signal, heard);
    this.#preview = new Preview(this.signal, { wishes: () => this.#wishes(), ...heard });
    const empty = button({ label: "Empty the form", kind: "quiet", onClick: () => this.#empty() });
    const back = h("a", { class: "crumb", href: "/prompts" }, "‹ Prompts");
    const part = (title, ...content) => card(title, {}, h("div", { class: "card-body" }, content));
    const foot = h("div", { class: "start-line card" }, this.#estimate.element, this.#problem, h("div", { class: "start-actions" }, empty, this.#start));
    fill(
      this,
      h("div", {}, back, h("h1", {}, "New batch")),
      part("Documents", this.#documents.element),
      part("Prompts", this.#prompts.element),
      part("How the model answers", h("div", { class: "form" }, this.#options.element, this.#title.element, this.#quota)),
      part("Try it on one document", this.#preview.element),
      foot,
    );
    this.listen(this.#title.input, "input", () => this.#changed());
    this.#followDocuments();
    this.#show(loadDraft());
    this.#offer();
    this.#reuse(new URLSearchParams(location.search).get("from"));
  }

  #followDocuments() {
    // Whatever is missed while the line is down comes with the snapshot.
    const topic = stentor.subscribe(`user:${session.user.id}`, {
      onSnapshot: () => this.#documents.refresh(),
      onEvent: ({ event, data }) => {
        if (event === "document_removed") this.#documents.forget([data.id]);
        if (event.startsWith("document")) this.#documents.refresh();
      },
    });
    this.signal.addEventListener("abort", () => topic.close());
  }

  async #offer() {
    try {
      const all = await offered();
      this.#options.offer(all);
      this.#prompts.offer(all.variables, all.limits);
      this.#documents.most = all.limits?.documents ?? Infinity;
      this.#estimate.currency = all.currency;
      setText(this.#quota, quotaWords(all));
    } catch (error) {
      toastProblem(error);
    }
  }

  /** Fill the form from an earlier batch; the address loses its name, so that a reload keeps what is changed then. */
  async #reuse(id) {
    if (!id) return;
    rewrite("/prompts/new");
    const before = loadDraft();
    const parts = this.querySelectorAll(":scope > .card");
    for (const part of parts) part.inert = true;
    announce("The form is being filled.");
    try {
      const { draft, lost } = await draftOf(id, this.signal);
      this.#replace({ ...EMPTY, ...draft });
      if (lost) toast(`${plural(lost, "document")} of that batch ${lost === 1 ? "is" : "are"} gone since.`);
      if (!isEmpty(before)) this.#offerBack(before);
    } catch (error) {
      if (!this.signal.aborted) toastProblem(error);
    } finally {
      for (const part of parts) part.inert = false;
    }
  }

  #offerBack(draft) {
    const action = { label: "Bring it back", run: () => this.#replace(draft) };
    toast("What you were writing has been replaced.", { action });
  }

  #replace(draft) {
    this.#show(draft);
    this.#changed();
  }

  #show(draft) {
    this.#title.input.value = draft.title;
    this.#documents.show(draft);
    this.#prompts.show(draft.prompts.length ? draft.prompts : EMPTY.prompts);
    this.#options.show(draft);
  }

  #empty() {
    clearDraft();
    this.#replace({ ...EMPTY });
  }

  #wishes() {
    const title = this.#title.input.value.trim();
    return { ...(title && { title }), ...this.#documents.values, prompts: this.#prompts.values, ...this.#options.values };
  }

  /** What changes by itself is not kept, and leaves standing what the server has said. */
  #changed({ byHand = true } = {}) {
    const wishes = this.#wishes();
    if (byHand) this.#keep();
    this.#start.disabled = this.#isBeginning || !isWhole(wishes);
    this.#preview.offer(this.#documents.samples);
    this.#estimate.update(wishes);
  }

  #keep() {
    fill(this.#problem);
    if (this.#started) return;
    saveDraft({ title: this.#title.input.value, ...this.#documents.drafts, prompts: this.#prompts.drafts, ...this.#options.values });
  }

  /** Put what the server says beside the fields; returns what stands there: names of fields, and problems in words. */
  #placeErrors(fields) {
    const placed = [...this.#prompts.setErrors(fields), ...this.#prompts.problems];
    const others = { ...this.#options.fields, title: this.#title };
    for (const [name, one] of Object.entries(others)) {
      one.setError((fields[name] ?? []).join(" "));
      if (fields[name]) placed.push(name);
    }
    return placed;
  }

  async #begin() {
    fill(this.#problem);
    const draft = loadDraft();
    this.#isBeginning = true;
    try {
      const { id } = await busy(this.#start, () => beginBatch(this.#wishes()));
      this.#started = true;
      dropDraft(draft);
      if (!this.signal.aborted) go(`/prompts/${id}`);
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#isBeginning = false;
      this.#start.disabled = !isWhole(this.#wishes());
    }
  }

  #refuse(error) {
    if (this.signal.aborted) {
      toastProblem(error);
      return;
    }
    const gone = unknownDocuments(error);
    if (gone.length) {
      this.#documents.forget(gone);
      fill(this.#problem, notice(`${plural(gone.length, "document")} of those chosen ${gone.length === 1 ? "is" : "are"} gone. Start it without.`, "warn"));
      return;
    }
    const placed = this.#placeErrors(error.fields ?? {});
    const rest = Object.entries(error.fields ?? {}).filter(([name]) => !placed.includes(name)).flatMap(([, texts]) => texts);
    fill(this.#problem, notice([...new Set([error.message, ...rest])].join(" "), "danger"));
    this.#prompts.focusError();
  }
}

customElements.define("page-new-batch", NewBatchPage);

export default "page-new-batch";
