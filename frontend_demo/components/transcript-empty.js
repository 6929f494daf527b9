// What the transcript page says where there is no text, or no transcript.

import { h } from "../dom.js";
import { emptyState } from "./basics.js";

/** For a finished transcript without text. `note` is the server's; `mine`: the reader may change that. */
export function noText({ note, turns, mine }) {
  if (!turns.length) {
    return card(emptyState({ sign: "transcripts", title: "No text", text: note || "No speech was found." }));
  }
  const help = mine ? " “Transcribe again” in the menu “Texts” writes it down." : "";
  const text = `It is known who speaks when, but not what is said.${help}`;
  return card(emptyState({ sign: "voices", title: "Speakers only", text }));
}

/** For a transcript that was deleted, was never there, or is somebody else's. */
export function notHere(error) {
  const missing = error.code === "not_found" || error.code === "forbidden";
  const home = h("a", { class: "button button-primary", href: "/" }, "Go to the transcripts");
  const text = missing ? "It was deleted, or it is not shared with you." : error.message;
  return card(emptyState({ sign: "search", title: "This transcript is not here", text, action: home }));
}

function card(content) {
  return h("div", { class: "card" }, content);
}
