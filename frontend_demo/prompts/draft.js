// A batch that is being put together: kept in this browser, so that a reload goes on with it.

import { session } from "../session.js";

export const EMPTY = Object.freeze({
  title: "",
  documents: [],
  collections: [],
  prompts: [{ name: "", value: "" }],
  model: "",
  system_prompt: "",
  temperature: null,
  max_tokens: null,
});

const PLACE = "stentor-batch-draft-";

function place() {
  return PLACE + session.user.id;
}

/** What was kept, or an empty form. What somebody else has left in this browser goes. */
export function loadDraft() {
  const others = Object.keys(localStorage).filter((name) => name.startsWith(PLACE) && name !== place());
  for (const name of others) localStorage.removeItem(name);
  try {
    return { ...EMPTY, ...JSON.parse(localStorage.getItem(place()) ?? "{}") };
  } catch (error) {
    if (error instanceof SyntaxError) return { ...EMPTY };
    throw error;
  }
}

/** Whether nothing is in it. */
export function isEmpty(draft) {
  return JSON.stringify(draft) === JSON.stringify(EMPTY);
}

export function saveDraft(draft) {
  try {
    localStorage.setItem(place(), JSON.stringify(draft));
  } catch (error) {
    // A browser that keeps nothing, or is full: the form itself is not lost by that.
    if (!(error instanceof DOMException)) throw error;
  }
}

export function clearDraft() {
  localStorage.removeItem(place());
}

/** Forget this one; what has been written since stays. */
export function dropDraft(draft) {
  if (JSON.stringify(loadDraft()) === JSON.stringify(draft)) clearDraft();
}

/** What is kept of a document that was chosen. */
export function chosen({ id, title, collection, tokens }) {
  return { id, title, collection, tokens };
}

/** Begin with these documents; the prompts that were being written stay. */
export function promptThese(documents) {
  saveDraft({ ...loadDraft(), documents: documents.map(chosen), collections: [] });
}
