// One batch in the list, with the live state of its job.

import { badge } from "../components/basics.js";
import { progressBar } from "../components/progress.js";
import { h, setText } from "../dom.js";
import { moment, plural } from "../format.js";
import { failure, happening, isActive, share, stateOf } from "../job-words.js";
import { session } from "../session.js";

/** `{element, update(batch), updateJob(job)}`. */
export function batchRow() {
  const title = h("a", { class: "row-title" });
  const meta = h("p", { class: "row-meta numeric" });
  const state = badge("");
  const failed = badge("", "danger");
  const bar = progressBar("");
  const side = h("div", { class: "job-side" }, failed, state);
  const element = h("li", {}, h("div", { class: "row row-link" }, h("div", {}, title, meta), side, bar));
  let known = null;

  const draw = () => {
    const { job, totals } = known;
    const active = isActive(job);
    const [words, tone] = stateOf(job);
    title.href = `/prompts/${known.id}`;
    setText(title, known.title);
    setText(meta, facts(known).join("  ·  "));
    setText(state, job.status === "started" ? `${Math.floor(job.percent)} %` : words);
    state.dataset.tone = tone;
    failed.hidden = totals.failed === 0;
    setText(failed, `${totals.failed.toLocaleString("en")} failed`);
    bar.hidden = !active;
    bar.label = `Progress of ${known.title}`;
    bar.value = active ? share(job) : 0;
    bar.toggleAttribute("data-running", job.status === "started");
  };
  return {
    element,
    update: (batch) => {
      known = batch;
      draw();
    },
    updateJob: (job) => {
      known = { ...known, job };
      draw();
    },
  };
}

function facts({ source, created_at: at, rows, prompts, totals, job, shared_with: viewers }) {
  const isRequests = source === "requests";
  const parts = [moment(at)];
  if (job.owner !== session.user?.username) parts.push(`from ${job.owner}`);
  parts.push(isRequests ? plural(rows, "request") : `${plural(rows, "document")} × ${plural(prompts.length, "prompt")}`);
  if (viewers.length) parts.push(`shared with ${viewers.length}`);
  if (isActive(job)) parts.push(happening(job));
  else parts.push(`${totals.done.toLocaleString("en")} of ${(rows * prompts.length).toLocaleString("en")} answered`);
  if (job.status === "failed") parts.push(failure(job));
  return parts;
}
