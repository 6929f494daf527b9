// Sends documents to the server, in portions that one request can hold, and knows how far each portion is.

import { Problem, upload } from "../api.js";
import { uniqueKey } from "../unique-key.js";

const MOST_FILES = 50;
const MOST_BYTES = 200_000_000;

/**
 * A portion: {id, key, files, fields, state, sent, total, error}, with the states waiting → sending → storing → failed.
 * It leaves the list when the server has it. Events: "change", and "done" (detail: {documents, job}).
 */
class DocumentUploads extends EventTarget {
  #portions = [];
  #counter = 0;

  get list() {
    return [...this.#portions];
  }

  get busy() {
    return this.#portions.some(({ state }) => state !== "failed");
  }

  /** How far all of them are: {files, sent, total} of those that have not failed. */
  get progress() {
    const open = this.#portions.filter(({ state }) => state !== "failed");
    const sum = (of) => open.reduce((all, one) => all + of(one), 0);
    return { files: sum(({ files }) => files.length), sent: sum(({ sent }) => sent), total: sum(({ total }) => total) };
  }

  /** `fields`: {collection, external_id, title, replace}, empty ones are left out. */
  add(files, fields) {
    for (const portion of portionsOf([...files])) {
      this.#counter += 1;
      const total = portion.reduce((all, { size }) => all + size, 0);
      const state = { state: "waiting", sent: 0, total, error: "" };
      this.#portions.push({ id: this.#counter, key: uniqueKey(), files: portion, fields: { ...fields }, ...state });
    }
    this.#turn();
  }

  /** Stop one, or take a failed one off the list. */
  drop(id) {
    const portion = this.#portions.find((one) => one.id === id);
    this.#remove(portion);
    portion?.abort?.();
    this.#turn();
  }

  dropAll() {
    for (const { id } of this.#portions.filter(({ state }) => state !== "failed").reverse()) this.drop(id);
  }

  retry(id) {
    const portion = this.#portions.find((one) => one.id === id);
    Object.assign(portion, { state: "waiting", sent: 0, error: "" });
    this.#turn();
  }

  #remove(portion) {
    this.#portions = this.#portions.filter((one) => one !== portion);
  }

  #turn() {
    const isRunning = this.#portions.some(({ state }) => state === "sending" || state === "storing");
    const next = this.#portions.find(({ state }) => state === "waiting");
    if (!isRunning && next) this.#send(next);
    this.dispatchEvent(new Event("change"));
  }

  async #send(portion) {
    portion.state = "sending";
    const onProgress = (sent, total) => {
      Object.assign(portion, { sent, total, state: sent === total ? "storing" : "sending" });
      this.dispatchEvent(new Event("change"));
    };
    const { promise, abort } = upload("/api/documents/", formOf(portion), { key: portion.key, onProgress });
    portion.abort = abort;
    try {
      const answer = await promise;
      this.#remove(portion);
      this.dispatchEvent(new CustomEvent("done", { detail: answer }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const words = [error.message, ...Object.values(error.fields).flat()];
      Object.assign(portion, { state: "failed", error: [...new Set(words)].join(" ") });
    }
    portion.abort = null;
    this.#turn();
  }
}

function portionsOf(files) {
  const portions = [];
  let held = Infinity;
  for (const file of files) {
    const last = portions.at(-1);
    if (!last || last.length === MOST_FILES || held + file.size > MOST_BYTES) {
      portions.push([file]);
      held = file.size;
    } else {
      last.push(file);
      held += file.size;
    }
  }
  return portions;
}

function formOf({ files, fields }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  for (const file of files) form.append("file", file, file.name || "document.txt");
  return form;
}

export const documentUploads = new DocumentUploads();

window.addEventListener("beforeunload", (event) => {
  if (documentUploads.busy) event.preventDefault();
});
