// What the owner changes in a transcript: its speakers and its passages. Answers are handed on at once.

import { call } from "./api.js";
import { toast, toastProblem } from "./components/toast.js";

/** Methods whose work may simply be refused say so by themselves; `edit` throws, because a draft hangs on it. */
export class Changes {
  #address;
  #onSpeakers;
  #onSegment;

  /** `onSpeakers(list)` and `onSegment(segment)` are called with what the server answers. */
  constructor(id, { onSpeakers, onSegment }) {
    this.#address = `/api/transcripts/${id}`;
    this.#onSpeakers = onSpeakers;
    this.#onSegment = onSegment;
  }

  /** An empty name brings back "Speaker n". */
  rename(label, name) {
    return this.#speakers("PATCH", `/speakers/${label}`, { name });
  }

  /** Show a voice as another one; `into` "" separates it again. */
  async merge(label, into, words) {
    const done = await this.#speakers("POST", `/speakers/${label}/merge`, { into });
    if (!done || !into) return;
    toast(words, { action: { label: "Undo", run: () => this.merge(label, "") } });
  }

  /** Give a passage to another voice: a label, "new" or "". */
  async reassign(segment, speaker) {
    try {
      await this.edit(segment.id, { speaker, version: segment.version });
    } catch (error) {
      toastProblem(error);
    }
  }

  /** Store `{text?, speaker?, version?}`. Throws `Problem`: "conflict" where somebody was faster. */
  async edit(number, values) {
    this.#onSegment(await call("PATCH", `${this.#address}/segments/${number}`, { json: values }));
  }

  /** What a passage was before each change, newest last. */
  async versions(number) {
    return (await call("GET", `${this.#address}/segments/${number}/versions`)).versions;
  }

  async #speakers(method, path, json) {
    try {
      this.#onSpeakers((await call(method, this.#address + path, { json })).speakers);
      return true;
    } catch (error) {
      toastProblem(error);
      return false;
    }
  }
}
