// Says in plain words how a job is doing; the list, the jobs page and the transcript page say it alike.

import { clock, duration, ordinal, sentence } from "./format.js";

const HINTS = {
  worker_lost: "The machine that worked on it was lost several times. Run it again.",
  engine_failed: "The speech engine failed on this file.",
  unreadable_audio: "The file cannot be read as audio or video.",
  no_audio_track: "The file has no sound in it.",
  protected_audio: "The file is copy-protected, so it cannot be decoded.",
  audio_too_long: "The recording is longer than this server accepts.",
};

const KINDS = { batch: "Prompts", requests: "Requests", reading: "Documents" };

const STATES = {
  queued: ["Waiting", "info"],
  started: ["Running", "live"],
  completed: ["Done", "ok"],
  failed: ["Failed", "danger"],
  cancelled: ["Cancelled", "warn"],
};

/** [words, tone] for a badge. */
export function stateOf(job) {
  return STATES[job.status] ?? [sentence(job.status), ""];
}

export function isActive(job) {
  return job.status === "queued" || job.status === "started";
}

/** What kind of work it is, where its title does not say so; empty otherwise. */
export function kindOf({ kind }) {
  return KINDS[kind] ?? "";
}

/** The page of what a job works on; null where it has none. */
export function addressOf({ id, kind, subject }) {
  const [what, of] = subject.split(":");
  if (what === "transcript") return `/transcripts/${of}`;
  if (kind === "batch" || kind === "requests") return `/prompts/${id}`; // a batch has the id of its job
  return kind === "reading" ? "/documents" : null;
}

/** What it is called to let a job work that was cancelled or has failed: a batch keeps what it has. */
export function againWord({ kind }) {
  return kind === "batch" || kind === "requests" ? "Continue" : "Run again";
}

/** What goes on at this moment: "3rd in the queue", "Transcribing · 0:41 of 1:05 · about 12 s left". */
export function happening(job) {
  const { status, queue_rank: rank } = job;
  if (status === "queued") return rank > 0 ? `${ordinal(rank)} in the queue` : "Waiting for its turn";
  if (status !== "started") return "";
  // Where the stage is called like what it counts, the count says it.
  const stage = job.stage && job.stage === job.unit ? "" : sentence(job.stage) || "Starting";
  const parts = [stage, amount(job)];
  if (job.eta_s !== null && job.eta_s !== undefined) parts.push(`about ${duration(Math.max(1, job.eta_s))} left`);
  return parts.filter(Boolean).join(" · ");
}

/** Why a job failed, as a sentence for somebody who cannot look into the server. */
export function failure(job) {
  if (!job.error) return "";
  return job.error.message || HINTS[job.error.code] || "Something went wrong. Run it again.";
}

/** The share that is done as a bar shows it; null while it cannot be told. */
export function share(job) {
  if (job.status === "queued") return 0;
  if (job.status === "started" && !job.percent && !job.stage) return null;
  return job.percent;
}

function amount(job) {
  if (!job.total) return "";
  if (job.unit === "s") return `${clock(job.done)} of ${clock(job.total)}`;
  return `${Math.round(job.done)} of ${Math.round(job.total)} ${job.unit}`.trim();
}
