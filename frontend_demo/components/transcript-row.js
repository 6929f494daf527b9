// One transcript in the list, with the live state of its job.

import { h, setText } from "../dom.js";
import { clock, languageName, moment } from "../format.js";
import { failure, happening, isActive, share, stateOf } from "../job-words.js";
import { session } from "../session.js";
import { badge } from "./basics.js";
import { progressBar } from "./progress.js";

/** `{element, update(transcript), updateJob(job)}`. */
export function transcriptRow() {
  const title = h("a", { class: "row-title" });
  const meta = h("p", { class: "row-meta numeric" });
  const state = badge("");
  const bar = progressBar("");
  const element = h("li", {}, h("div", { class: "row row-link" }, h("div", {}, title, meta), state, bar));
  let known = null;

  const draw = () => {
    const { job } = known;
    const active = job && isActive(job);
    title.href = `/transcripts/${known.id}`;
    setText(title, known.title);
    setText(meta, facts(known).join("  ·  "));
    const [words, tone] = job ? stateOf(job) : ["", ""];
    state.hidden = !job || job.status === "completed";
    setText(state, job?.status === "started" ? `${Math.floor(job.percent)} %` : words);
    state.dataset.tone = tone;
    bar.hidden = !active;
    bar.label = `Progress of ${known.title}`;
    bar.value = active ? share(job) : 0;
    bar.toggleAttribute("data-running", job?.status === "started");
  };
  return {
    element,
    update: (transcript) => {
      known = transcript;
      draw();
    },
    updateJob: (job) => {
      known = { ...known, job };
      draw();
    },
  };
}

function facts(transcript) {
  const { job } = transcript;
  const parts = [moment(transcript.created_at)];
  if (transcript.owner !== session.user?.username) parts.push(`from ${transcript.owner}`);
  if (transcript.duration_s) parts.push(clock(transcript.duration_s));
  if (transcript.language) parts.push(languageName(transcript.language));
  if (transcript.shared_with?.length) parts.push(`shared with ${transcript.shared_with.length}`);
  if (job && isActive(job)) parts.push(happening(job));
  if (job?.status === "failed") parts.push(failure(job));
  else if (transcript.note) parts.push(transcript.note);
  return parts;
}
