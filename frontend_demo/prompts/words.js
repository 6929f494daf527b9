// What the pages of prompts and documents say about documents, amounts and models.

import { bytes, moment, plural, sentence } from "../format.js";

/** What may be uploaded as a document. */
export const TAKEN = ".txt,.md,.csv,.html,.htm,.pdf,.docx,.xlsx,text/*,application/pdf";

const STATES = { reading: ["Being read", "info"], ready: ["Ready", "ok"], error: ["Not readable", "danger"] };

/** [words, tone] for the badge of a document. */
export function documentState({ status }) {
  return STATES[status] ?? [status, ""];
}

/** A document in a few facts, the most telling first. */
export function documentFacts({ external_id: external, collection, pages, tokens, size, is_cut: isCut, created_at: at }) {
  return [
    external,
    collection,
    pages > 1 && plural(pages, "page"),
    tokens > 0 && `about ${plural(tokens, "token")}`,
    size > 0 && bytes(size),
    isCut && "only its beginning was kept",
    moment(at),
  ].filter(Boolean);
}

/** An amount of money; small ones keep two digits that say something. */
export function money(amount, currency) {
  const digits = amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency, ...digits }).format(amount);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return `${amount.toPrecision(2)} ${currency ?? ""}`.trim();
    throw error;
  }
}

/** What a batch has taken so far, in words. */
export function spent({ prompt_tokens: read, completion_tokens: written, is_estimated: isEstimated, cost }, currency) {
  if (!read && !written) return [];
  const about = isEstimated ? "about " : "";
  return [
    `${about}${plural(read, "token")} read, ${written.toLocaleString("en")} written`,
    cost !== null && `${about}${money(cost, currency)}`,
  ].filter(Boolean);
}

/** "12 done · 1 failed · 7 waiting" of so many cells; what nobody works on any more does not wait. */
export function counted({ done, failed }, cells, isActive) {
  const waiting = Math.max(0, cells - done - failed);
  return [
    `${done.toLocaleString("en")} done`,
    failed > 0 && `${failed.toLocaleString("en")} failed`,
    waiting > 0 && `${waiting.toLocaleString("en")} ${isActive ? "waiting" : "not answered"}`,
  ].filter(Boolean);
}

/** Why that engine answers, without saying its name again. */
export function engineReason({ name, reason }) {
  return sentence((reason ?? "").replace(`${name}: `, ""));
}

/** "openai · large": what answers a batch. */
export function engineName({ name, model }) {
  return [name, model].filter(Boolean).join(" · ");
}
