// Talks to the REST API: JSON calls with an end, errors as one class, uploads that report how far they are.

const PATIENCE_MS = 30_000;
const SIGN_IN_CODES = ["unauthenticated", "token_expired"];

/** An error as the server (RFC 9457) or the network reports it. `code` is stable, `message` is for people. */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", detail = "", title = "", fields = {}, retry_after_s = null } = {}) {
    super(detail || title || "The server does not answer. Check the connection and try again.");
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retry_after_s;
  }
}

/** Heard by the session: some call was answered by "sign in first". */
export const refusals = new EventTarget();

/**
 * Call the API and return the decoded answer (null where it is empty). Throws `Problem`; an abort stays an abort.
 * Calling again with the same `key` has no second effect.
 */
export async function call(method, path, { json, query, key, signal } = {}) {
  const address = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) if (value) address.searchParams.set(name, value);
  const headers = { Accept: "application/json", ...csrf(method) };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let status;
  let text;
  try {
    const answer = await fetch(address, {
      method,
      headers,
      body: json === undefined ? undefined : JSON.stringify(json),
      credentials: "same-origin",
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem();
  }
  return decode(status, text);
}

/**
 * Send a form with a file. `onProgress(sent, total)` follows the bytes on their way. Sending again with the same
 * `key` has no second effect, so an upload whose answer was lost may be repeated.
 * Returns `{promise, abort}`; after `abort()` the promise is rejected with a `Problem` of code "aborted".
 */
export function upload(path, form, { key, onProgress }) {
  const request = new XMLHttpRequest();
  const promise = new Promise((resolve, reject) => {
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    for (const [name, value] of Object.entries(csrf("POST"))) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
    request.addEventListener("load", () => {
      try {
        resolve(decode(request.status, request.responseText));
      } catch (problem) {
        reject(problem);
      }
    });
    request.addEventListener("error", () => {
      reject(new Problem({ detail: "The upload was cut off. Check the connection and try again." }));
    });
    request.addEventListener("abort", () => reject(new Problem({ code: "aborted", detail: "Cancelled." })));
    request.send(form);
  });
  return { promise, abort: () => request.abort() };
}

function decode(status, text) {
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    throw new Problem({
      status,
      code: "unreadable",
      detail: `The server gave an answer that cannot be read (${status}).`,
    });
  }
  if (status >= 200 && status < 300) return data;
  const problem = new Problem({ status, ...data });
  if (SIGN_IN_CODES.includes(problem.code)) refusals.dispatchEvent(new Event("refused"));
  throw problem;
}

function csrf(method) {
  if (method === "GET") return {};
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? { "X-CSRFToken": decodeURIComponent(cookie.slice("csrftoken=".length)) } : {};
}
