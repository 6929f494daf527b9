// How the next uploads shall be transcribed, and what the engine that answers can do.

import { call } from "./api.js";
import { plural } from "./format.js";

class UploadOptions extends EventTarget {
  /** What is sent along with each file; empty values are left to the server. */
  values = { language: "", task: "", hotwords: "", model: "", diarize: false, speakers: 0 };
  /** {name, model, reason, can_translate, can_use_hotwords?, languages, models} or null while unknown. */
  engine = null;
  /** {name, model, reason} of what tells voices apart; null while unknown, and where there is nothing. */
  diarizer = null;

  /** Ask which engines answer. Events: "engine", and "change". */
  async load(signal) {
    const { transcriber, diarizer } = await call("GET", "/api/engines", { signal });
    this.engine = transcriber;
    this.diarizer = diarizer ?? null;
    if (!transcriber.can_translate) this.values.task = "";
    if (transcriber.can_use_hotwords === false) this.values.hotwords = "";
    if (!this.diarizer) Object.assign(this.values, { diarize: false, speakers: 0 });
    this.dispatchEvent(new Event("engine"));
    this.dispatchEvent(new Event("change"));
  }

  set(values) {
    this.values = { ...this.values, ...values };
    this.dispatchEvent(new Event("change"));
  }

  /** The options as a few words. */
  get summary() {
    const { language, task, hotwords, model, diarize, speakers } = this.values;
    const words = [language ? `language ${language}` : "language found automatically"];
    if (task === "translate") words.push("translated to English");
    if (hotwords) words.push("with hotwords");
    if (model) words.push(model);
    if (diarize) words.push(speakers ? `${plural(speakers, "speaker")} told apart` : "speakers told apart");
    return words.join(", ");
  }
}

export const uploadOptions = new UploadOptions();
