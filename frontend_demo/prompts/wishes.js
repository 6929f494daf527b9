// What a batch is to do, as the server takes it: estimated, tried on one document, and begun.

import { call } from "../api.js";
import { stentor } from "../feed.js";

/** More than this does not fit into one frame of the socket. */
const MOST_IN_FRAME = 60_000;
const PATIENCE_MS = 60_000;

/** Begin a batch or a preview. Over the socket a lost connection begins it once; what is too large goes by HTTP. */
export function beginBatch(wishes) {
  if (new TextEncoder().encode(JSON.stringify(wishes)).length > MOST_IN_FRAME) {
    return call("POST", "/api/batches", { json: wishes });
  }
  return stentor.command("batch.create", wishes, { timeout: PATIENCE_MS });
}

/** What it would take: cells, tokens, cost, time. */
export function estimateBatch(wishes, signal) {
  return call("POST", "/api/batches/estimate", { json: wishes, signal });
}

/** Whether there is enough of it to ask the server. */
export function isWhole({ documents, collections, prompts }) {
  return documents.length + collections.length > 0 && prompts.length > 0 && prompts.every(({ value }) => value.trim());
}
