// The head of a batch: its title, its facts, its job, and what can be done with the whole of it.

import { call } from "../api.js";
import { badge, busy, button, notice } from "../components/basics.js";
import { confirmDialog } from "../components/dialog.js";
import { jobRow } from "../components/job.js";
import { menu } from "../components/menu.js";
import { shareDialog } from "../components/share-dialog.js";
import { editableTitle } from "../components/title-edit.js";
import { toastProblem } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { duration, moment, plural } from "../format.js";
import { isActive } from "../job-words.js";
import { go } from "../router.js";
import { session } from "../session.js";
import { counted, engineName, engineReason, spent } from "./words.js";

const FORMATS = [["xlsx", "Workbook (.xlsx)"], ["csv", "Table (.csv)"], ["jsonl", "Data (.jsonl)"]];
const SHARING = {
  what: "batch",
  note: "People you share with can read the answers, live, and download them. They cannot change or delete anything.",
  change: (id, shares, json) => call("POST", `/api/batches/${id}/${shares ? "share" : "unshare"}`, { json }),
};

/** `onChange(batch)` gets the batch's new state after what was done here. */
export class BatchHead {
  #batch = null;
  #currency = "";
  #onChange;
  #ticking = null;
  #title = editableTitle((title) => this.#rename(title));
  #actions = h("div", { class: "actions" });
  #facts = h("div", { class: "facts-line" });
  #counts = h("p", { class: "batch-counts numeric" });
  #notes = h("div", { class: "notes" });
  #job = jobRow(null, { plain: true });
  #retry = button({ label: "Retry failed", sign: "repeat", kind: "outline", onClick: () => this.#retryFailed() });
  #share = button({ label: "Share", sign: "share", kind: "outline", onClick: () => shareDialog(this.#batch, this.#onChange, SHARING) });
  #again = h("a", { class: "button button-outline" }, "Use again");
  #remove = button({ label: "Delete", sign: "trash", kind: "outline", iconOnly: true, onClick: () => this.#delete() });
  element;

  constructor(signal, onChange) {
    this.#onChange = onChange;
    const download = menu(button({ label: "Download", sign: "download", kind: "outline" }), () => this.#downloads());
    fill(this.#actions, this.#retry, download, this.#share, this.#again, this.#remove);
    const line = h("div", { class: "batch-line" }, this.#title.element, this.#actions);
    const back = h("a", { class: "crumb", href: "/prompts" }, "‹ Prompts");
    const state = h("div", { class: "card batch-state" }, this.#job, h("div", { class: "batch-sums" }, this.#counts, this.#facts));
    this.element = h("div", { class: "transcript-head" }, back, line, state, this.#notes);
    signal.addEventListener("abort", () => clearInterval(this.#ticking));
  }

  focus() {
    this.#title.focus();
  }

  set currency(currency) {
    this.#currency = currency;
    if (this.#batch) this.update(this.#batch);
  }

  update(batch) {
    this.#batch = batch;
    const { job, totals, rows, prompts, source } = batch;
    const mine = job.owner === session.user?.username;
    this.#title.set(batch.title, mine);
    document.title = `${batch.title} · Stentor`;
    this.#job.job = job;
    setText(this.#counts, counted(totals, rows * prompts.length, isActive(job)).join(" · "));
    fill(this.#facts, this.#factsOf(batch));
    this.#retry.hidden = !mine || isActive(job) || totals.failed === 0;
    setText(this.#retry.lastChild, `Retry failed (${totals.failed.toLocaleString("en")})`);
    this.#share.hidden = this.#remove.hidden = !mine;
    this.#again.hidden = !mine || source === "requests";
    this.#again.href = `/prompts/new?from=${batch.id}`;
    this.#showBusy();
  }

  #factsOf({ engine, totals, rows, prompts, source, shared_with: viewers, created_at: at, job, model, temperature, max_tokens: most }) {
    const what = source === "requests" ? plural(rows, "request") : `${plural(rows, "document")} × ${plural(prompts.length, "prompt")}`;
    const facts = [
      what,
      ...spent(totals, this.#currency),
      temperature !== null && `temperature ${temperature}`,
      most !== null && `at most ${plural(most, "token")} an answer`,
      `${moment(at)} by ${job.owner}`,
    ];
    const answered = engine && h("span", {}, `answered by ${engineName(engine)}`);
    return [
      facts.filter(Boolean).map((words) => h("span", { class: "numeric" }, words)),
      answered || (model && h("span", {}, `model ${model}`)),
      engine?.reason && h("span", {}, engineReason(engine)),
      viewers.length > 0 && badge(`Shared with ${viewers.join(", ")}`, "info"),
    ];
  }

  /** A busy server is waited for: say until when, second by second. */
  #showBusy() {
    clearInterval(this.#ticking);
    const { totals, job } = this.#batch;
    const until = isActive(job) && totals.busy_until ? new Date(totals.busy_until).getTime() : 0;
    if (until <= Date.now()) {
      fill(this.#notes);
      return;
    }
    const line = notice("", "warn");
    const words = line.querySelector("p");
    const show = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      setText(words, `The server that answers is busy. ${left > 0 ? `Going on in ${duration(left)}.` : "Going on…"}`);
      if (left <= 0) clearInterval(this.#ticking);
    };
    show();
    fill(this.#notes, line);
    this.#ticking = setInterval(show, 1000);
  }

  #downloads() {
    const partial = isActive(this.#batch.job);
    return FORMATS.map(([ending, label]) => ({
      label: partial ? `${label}, partial` : label,
      sign: "file",
      href: `/api/batches/${this.#batch.id}/results/${ending}`,
      download: true,
    }));
  }

  async #rename(title) {
    this.#onChange(await call("PATCH", `/api/batches/${this.#batch.id}`, { json: { title } }));
  }

  async #retryFailed() {
    try {
      this.#onChange(await busy(this.#retry, () => call("POST", `/api/batches/${this.#batch.id}/retry-failed`, { json: {} })));
    } catch (error) {
      toastProblem(error);
    }
  }

  #delete() {
    const { id, title } = this.#batch;
    confirmDialog({
      title: "Delete this batch?",
      text: `“${title}” and its answers are removed for everybody. The documents stay. This cannot be undone.`,
      label: "Delete",
      work: async () => {
        await call("DELETE", `/api/batches/${id}`);
        if (location.pathname.includes(id)) go("/prompts", { replace: true });
      },
    });
  }
}
