// What a live recording says about itself: its state, its line, what went wrong and what to do.

import { duration } from "./format.js";

const BEHIND_S = 1.5;
const REPLACED = 4409;
const PHASES = {
  opening: "Waiting for the microphone…",
  recording: "Recording",
  paused: "Paused",
  finishing: "Finishing…",
  refused: "Not recording",
};
const ADVICE = {
  not_started: "Press Resume to go on.",
  in_use: "Close the other program, or choose another microphone.",
  not_supported: "A current Chrome, Edge, Firefox or Safari can.",
};
const UP = ["live", "stopping", "idle", "closed", "stopped"];

export function phaseWords({ phase }) {
  return PHASES[phase] ?? "";
}

/** How far the text is: empty while nothing is known. */
export function lagWords({ phase, behind, line }) {
  if (phase !== "recording" || line.name !== "live") return "";
  return behind > BEHIND_S ? `${Math.round(behind)} s behind` : "live";
}

/** The line of a recording that had begun is gone. */
export function isCut({ phase, line, id }) {
  return phase !== "refused" && id !== null && !UP.includes(line.name);
}

/** A quiet sentence about the line; empty while all is well. */
export function lineWords(recording) {
  const { phase, held, keptSeconds, line } = recording;
  const kept = `kept (${Math.round(keptSeconds)} s)`;
  if (phase === "refused") return "";
  if (isCut(recording)) return `Reconnecting — what you say is ${kept}`;
  if (!UP.includes(line.name)) return "Connecting…";
  return held ? `The server is behind; your words are ${kept}` : "";
}

/** What went wrong, with what to do, as `{title, text}`. */
export function problemWords({ phase, problem }) {
  const { code, message, retryAfter } = problem;
  if (phase === "refused" && code === "server_full") {
    const when = retryAfter ? ` A place may be free in ${duration(retryAfter)}.` : "";
    return { title: "All places for live recordings are taken", text: `${message}${when}` };
  }
  if (code === REPLACED) {
    return { title: "This recording goes on elsewhere", text: "Another tab or device took it over." };
  }
  if (phase === "refused") return { title: "The server does not take the recording", text: message };
  return { title: "", text: [message, ADVICE[code]].filter(Boolean).join(" ") };
}
