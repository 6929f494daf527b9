// How the next uploads shall be transcribed, and what the engine that answers can do.

import { call } from "./api.js";

class UploadOptions extends EventTarget {
  /** What is sent along with each file; empty values are left to the server. */
  values = { language: "", task: "", hotwords: "", model: "" };
  /** {name, model, reason, can_translate, can_use_hotwords?, languages, models} or null while unknown. */
  engine = null;

  async load(signal) {
    this.engine = (await call("GET", "/api/engines", { signal })).transcriber;
    if (!this.engine.can_translate) this.values.task = "";
    if (this.engine.can_use_hotwords === false) this.values.hotwords = "";
    this.dispatchEvent(new Event("change"));
  }

  set(name, value) {
    this.values[name] = value;
    this.dispatchEvent(new Event("change"));
  }

  /** The options as a few words. */
  get summary() {
    const { language, task, hotwords, model } = this.values;
    const words = [language ? `language ${language}` : "language found automatically"];
    if (task === "translate") words.push("translated to English");
    if (hotwords) words.push("with hotwords");
    if (model) words.push(model);
    return words.join(", ");
  }
}

export const uploadOptions = new UploadOptions();
