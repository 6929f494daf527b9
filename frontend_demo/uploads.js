// Sends files to the server, two at a time, and knows the state of each until it is dealt with.

import { Problem, upload } from "./api.js";
import { uniqueKey } from "./unique-key.js";

const AT_ONCE = 2;

/**
 * All uploads of this tab. An upload: {id, key, file, options, state, sent, total, error}, with the states
 * waiting → sending → storing (all bytes sent, the server reads the file) → done | failed.
 * Events: "change" and "done" (detail: the server's answer).
 */
class Uploads extends EventTarget {
  #all = new Map();
  #counter = 0;

  get list() {
    return [...this.#all.values()];
  }

  get busy() {
    return this.list.some((item) => item.state !== "failed");
  }

  add(files, options) {
    for (const file of files) {
      this.#counter += 1;
      const item = {
        id: this.#counter,
        key: uniqueKey(),
        file,
        options: { ...options },
        state: "waiting",
        sent: 0,
        total: file.size,
        error: "",
      };
      if (file.size === 0) Object.assign(item, { state: "failed", error: "The file is empty." });
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
    const running = this.list.filter((item) => item.state === "sending" || item.state === "storing").length;
    const next = this.list.filter((item) => item.state === "waiting").slice(0, Math.max(0, AT_ONCE - running));
    for (const item of next) this.#send(item);
    this.dispatchEvent(new Event("change"));
  }

  async #send(item) {
    item.state = "sending";
    const onProgress = (sent, total) => {
      Object.assign(item, { sent, total, state: sent === total ? "storing" : "sending" });
      this.dispatchEvent(new Event("change"));
    };
    const { promise, abort } = upload("/api/transcripts/", formOf(item), { key: item.key, onProgress });
    item.abort = abort;
    try {
      const answer = await promise;
      this.#all.delete(item.id);
      this.dispatchEvent(new CustomEvent("done", { detail: answer }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      Object.assign(item, { state: "failed", error: error.message });
    }
    item.abort = null;
    this.#turn();
  }
}

function formOf({ file, options }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) if (value) form.append(name, value);
  form.append("file", file, file.name || "recording");
  return form;
}

export const uploads = new Uploads();

window.addEventListener("beforeunload", (event) => {
  if (uploads.busy) event.preventDefault();
});
