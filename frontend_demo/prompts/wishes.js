// What a batch is to do, as the server takes it: estimated, tried on one document, and begun.

import { call } from "../api.js";
import { stentor } from "../feed.js";
import { uniqueKey } from "../unique-key.js";

/** More than this does not fit into one frame of the socket. */
const MOST_IN_FRAME = 60_000;
const PATIENCE_MS = 60_000;

/** What was asked last without a good answer, each with its key: it may have begun all the same. */
const unsure = { batch: { text: "", key: "" }, preview: { text: "", key: "" } };

/** Begin a batch or a preview. What is asked again after a failure, by the same wishes, begins once. */
export async function beginBatch(wishes) {
  const text = JSON.stringify(wishes);
  const last = unsure[wishes.preview ? "preview" : "batch"];
  if (text !== last.text) Object.assign(last, { text, key: uniqueKey() });
  const { key } = last;
  const batch = await send(wishes, text, key);
  if (last.key === key) last.text = "";
  return batch;
}

/** What is too large for the socket goes by HTTP. */
function send(wishes, text, key) {
  if (new TextEncoder().encode(text).length > MOST_IN_FRAME) {
    return call("POST", "/api/batches", { json: wishes, key });
  }
  return stentor.command("batch.create", wishes, { timeout: PATIENCE_MS, key });
}

/** What it would take: cells, tokens, cost, time. */
export function estimateBatch(wishes, signal) {
  return call("POST", "/api/batches/estimate", { json: wishes, signal });
}

/** The ids of the documents that are not there any more, where that is why the server refuses. */
export function unknownDocuments({ code, fields }) {
  const named = code === "unknown_document" ? fields?.documents ?? [] : [];
  return named.map((text) => text.split(":")[0]);
}

/** Whether there is enough of it to ask the server. */
export function isWhole({ documents, collections, prompts }) {
  return documents.length + collections.length > 0 && prompts.length > 0 && prompts.every(({ value }) => value.trim());
}
