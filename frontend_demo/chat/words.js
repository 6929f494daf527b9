// What the chat says about answers: their state, who made them, what they took, what went wrong.

import { plural } from "../format.js";

const CODES = {
  upstream_refused: "The model refused the request.",
  upstream_failed: "The model failed.",
  upstream_cut: "The connection to the model was cut.",
  upstream_busy: "The model is busy.",
};
const ENDS = {
  length: "Cut at the longest length that was asked for.",
  content_filter: "Held back by the model's content filter.",
  stopped: "Stopped.",
};

/** Who speaks: the reader, or a model. */
export function speakerOf({ sender, response }) {
  if (sender === "user") return "You";
  const { name, model } = response?.engine ?? {};
  return model || (name === "embedded" ? "Quotes" : name) || "Answer";
}

/** What went wrong with an answer, as `{title, text}`; null where nothing did. */
export function failureOf({ response }) {
  if (response?.status !== "Error") return null;
  const { finish_reason: reason, error_code: code, error_message: text } = response;
  if (reason === "interrupted") return { title: "This answer was interrupted.", text };
  return { title: CODES[code] ?? "There is no answer.", text };
}

/** How an answer ended where that is not by itself; empty otherwise. */
export function endOf({ response }) {
  return response?.status === "Completed" ? ENDS[response.finish_reason] ?? "" : "";
}

/** "312 tokens", marked where they were only estimated. */
export function tokensOf({ response }) {
  if (response?.status !== "Completed" || response.completion_tokens == null) return "";
  const about = response.is_estimated ? "about " : "";
  return about + plural(response.completion_tokens, "token");
}

/** The long form of the same, for a pointer that rests. */
export function usageOf({ response }) {
  if (response?.prompt_tokens == null) return "";
  const parts = [`${plural(response.prompt_tokens, "token")} read, ${plural(response.completion_tokens ?? 0, "token")} written`];
  if (response.is_estimated) parts.push("estimated: the model did not say");
  return parts.join("; ");
}

/** What an answer without words waits for. */
export function waitingFor({ response }, now = Date.now()) {
  if (!response?.retry_at) return response?.engine ? "Thinking…" : "Waiting for a free worker…";
  const seconds = Math.max(0, Math.ceil((new Date(response.retry_at) - now) / 1000));
  const why = CODES[response.error_code] ?? "The model is not ready.";
  return seconds ? `${why} Trying again in ${seconds} s.` : `${why} Trying again…`;
}
