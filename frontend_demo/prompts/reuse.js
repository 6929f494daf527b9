// Fills the form with what an earlier batch was asked.

import { call } from "../api.js";

const AT_ONCE = 100;

/** What a batch of documents was asked, as a draft; `lost` counts documents that are gone since. */
export async function draftOf(id, signal) {
  const batch = await call("GET", `/api/batches/${id}`, { signal });
  const rows = [];
  for (let offset = 0; offset < batch.rows; offset += AT_ONCE) {
    const query = { offset: String(offset), limit: AT_ONCE };
    rows.push(...(await call("GET", `/api/batches/${id}/rows`, { query, signal })).rows);
  }
  const there = rows.filter(({ document }) => document);
  const documents = there.map(({ document, title, collection }) => ({ id: document, title, collection, tokens: null }));
  const { title, prompts, model, system_prompt, temperature, max_tokens } = batch;
  const draft = { title, prompts, model, system_prompt, temperature, max_tokens, documents, collections: [] };
  return { draft, lost: rows.length - there.length };
}
