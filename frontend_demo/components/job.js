// <st-job>: one job as a row with its live bar; it changes in place, so focus and selection stay where they are.

import { feed, stentor } from "../feed.js";
import { h, setText } from "../dom.js";
import { elapsed, moment } from "../format.js";
import { addressOf, againWord, failure, happening, isActive, kindOf, share, stateOf } from "../job-words.js";
import { session } from "../session.js";
import { badge, busy, button } from "./basics.js";
import { progressBar } from "./progress.js";
import { toastProblem } from "./toast.js";

/** Set `job` (JobOut) as often as it changes. `plain` leaves out the title, for a page that has it already. */
export class JobRow extends HTMLElement {
  #job = null;
  #parts = null;

  get job() {
    return this.#job;
  }

  set job(job) {
    this.#job = job;
    if (this.isConnected) this.#draw();
  }

  connectedCallback() {
    this.#parts ??= this.#build();
    this.append(this.#parts.row);
    if (this.#job) this.#draw();
  }

  #build() {
    const title = this.plain ? null : h("a", { class: "row-title" });
    const meta = h("p", { class: "row-meta numeric" });
    const state = badge("");
    const attempt = badge("", "warn");
    const percent = h("span", { class: "job-percent numeric" });
    const cancel = button({
      label: "Cancel",
      kind: "outline",
      onClick: () => this.#command("job.cancel", cancel),
    });
    const again = button({
      label: "Run again",
      sign: "repeat",
      kind: "outline",
      onClick: () => this.#command("job.run_again", again),
    });
    const bar = progressBar("Progress");
    const error = h("p", { class: "job-error" });
    const side = h("div", { class: "job-side" }, percent, attempt, state, cancel, again);
    const row = h("div", { class: "row row-stack" }, h("div", {}, title, meta), side, bar, error);
    return { row, title, meta, state, attempt, percent, cancel, again, bar, error };
  }

  #draw() {
    const job = this.#job;
    const parts = this.#parts;
    const [words, tone] = stateOf(job);
    const active = isActive(job);
    this.dataset.status = job.status;
    if (parts.title) this.#drawTitle(parts, job);
    const kind = this.plain ? "" : kindOf(job);
    setText(parts.meta, [kind, happening(job) || ended(job)].filter(Boolean).join(" · "));
    setText(parts.state, words);
    parts.state.dataset.tone = tone;
    parts.attempt.hidden = !(job.attempt > 1 && active);
    setText(parts.attempt, `Attempt ${job.attempt}`);
    parts.percent.hidden = job.status !== "started";
    setText(parts.percent, `${Math.floor(job.percent)} %`);
    const mine = job.owner === session.user?.username;
    parts.cancel.hidden = !active || !mine;
    parts.again.hidden = !(job.status === "failed" || job.status === "cancelled") || !mine;
    setText(parts.again.lastChild, againWord(job));
    parts.bar.hidden = !active;
    parts.bar.value = share(job);
    parts.bar.toggleAttribute("data-running", job.status === "started");
    setText(parts.error, job.status === "failed" ? failure(job) : "");
    parts.error.hidden = !parts.error.textContent;
  }

  #drawTitle({ title, bar, cancel, again }, job) {
    const address = addressOf(job);
    if (address) title.href = address;
    setText(title, job.title);
    bar.label = `Progress of ${job.title}`;
    cancel.setAttribute("aria-label", `Cancel ${job.title}`);
    again.setAttribute("aria-label", `${againWord(job)}: ${job.title}`);
  }

  async #command(name, pressed) {
    try {
      const job = await busy(pressed, () => stentor.command(name, { job_id: this.#job.id }));
      // The event comes as well; whichever is first shows at once.
      if (!feed.get(this.#job.id) && job?.id === this.#job.id) this.job = job;
    } catch (error) {
      toastProblem(error);
    }
  }
}

function ended(job) {
  const when = moment(job.finished_at ?? job.created_at);
  if (job.status !== "completed" || !job.started_at) return when;
  return `${when} · took ${elapsed(job.started_at, job.finished_at)}`;
}

customElements.define("st-job", JobRow);

export function jobRow(job, { plain = false } = {}) {
  const row = document.createElement("st-job");
  row.plain = plain;
  row.job = job;
  return row;
}
