// Sends files to the server, so many at a time, and knows the state of each upload until it is dealt with.

import { Problem, upload } from "./api.js";
import { uniqueKey } from "./unique-key.js";

/**
 * The uploads of this tab to one address. An upload: {id, key, files, fields, state, sent, total, error}, with the
 * states waiting → sending → storing (all bytes sent, the server reads them) → failed. It leaves the list when the
 * server has it. Events: "change" and "done" (detail: the server's answer).
 */
export class Uploads extends EventTarget {
  #path;
  #atOnce;
  #split;
  #all = new Map();
  #counter = 0;

  /** `split(files)` gives lists of files; each of them is one upload. */
  constructor(path, { atOnce, split }) {
    super();
    this.#path = path;
    this.#atOnce = atOnce;
    this.#split = split;
    window.addEventListener("beforeunload", (event) => {
      if (this.list.some(isOpen)) event.preventDefault();
    });
  }

  get list() {
    return [...this.#all.values()];
  }

  /** `fields` are sent along with the files; empty ones are left out. */
  add(files, fields) {
    for (const portion of this.#split([...files])) {
      this.#counter += 1;
      const total = portion.reduce((all, { size }) => all + size, 0);
      const item = { id: this.#counter, key: uniqueKey(), files: portion, fields: { ...fields }, state: "waiting", sent: 0, total, error: "" };
      if (!total) Object.assign(item, { state: "failed", error: portion.length > 1 ? "The files are empty." : "The file is empty." });
      this.#all.set(item.id, item);
    }
    this.#turn();
  }

  /** Stop an upload, or take a failed one off the list. */
  drop(id) {
    const item = this.#all.get(id);
    this.#all.delete(id);
    item?.abort?.();
    this.#turn();
  }

  retry(id) {
    const item = this.#all.get(id);
    if (item?.state !== "failed") return;
    Object.assign(item, { state: "waiting", sent: 0, error: "" });
    this.#turn();
  }

  #turn() {
    const running = this.list.filter(({ state }) => state === "sending" || state === "storing").length;
    const next = this.list.filter(({ state }) => state === "waiting").slice(0, Math.max(0, this.#atOnce - running));
    for (const item of next) this.#send(item);
    this.dispatchEvent(new Event("change"));
  }

  async #send(item) {
    item.state = "sending";
    const onProgress = (sent, total) => {
      Object.assign(item, { sent, total, state: sent === total ? "storing" : "sending" });
      this.dispatchEvent(new Event("change"));
    };
    const { promise, abort } = upload(this.#path, formOf(item), { key: item.key, onProgress });
    item.abort = abort;
    try {
      const answer = await promise;
      this.#all.delete(item.id);
      this.dispatchEvent(new CustomEvent("done", { detail: answer }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const words = [error.message, ...Object.values(error.fields).flat()];
      Object.assign(item, { state: "failed", error: [...new Set(words)].join(" ") });
    }
    item.abort = null;
    this.#turn();
  }
}

/** Whether an upload is still on its way. */
export function isOpen({ state }) {
  return state !== "failed";
}

function formOf({ files, fields }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
  for (const file of files) form.append("file", file, file.name || "unnamed");
  return form;
}

/** Recordings to transcribe, each by itself. */
export const uploads = new Uploads("/api/transcripts/", { atOnce: 2, split: (files) => files.map((file) => [file]) });
