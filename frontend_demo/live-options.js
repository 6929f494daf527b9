// How live recordings are made here: the choices, remembered by this browser, and the engine that will answer.

import { call } from "./api.js";

const KEY = "stentor-live";
const FIRST = { microphone: "", language: "", hotwords: "", secondPass: false, diarize: false };

class LiveOptions extends EventTarget {
  values = { ...FIRST, ...remembered() };
  /** {name, model, reason, languages?, can_use_hotwords?} of the live engine; null while unknown. */
  engine = null;
  /** What tells voices apart; null where nothing does. */
  diarizer = null;

  /** Ask which engines answer; event: "engine". */
  async load(signal) {
    const { live, transcriber, diarizer } = await call("GET", "/api/engines", { signal });
    this.engine = live ?? transcriber;
    this.diarizer = diarizer ?? null;
    this.dispatchEvent(new Event("engine"));
  }

  set(values) {
    this.values = { ...this.values, ...values };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // Without storage the choices last until the page is left.
    }
  }

  get microphone() {
    return this.values.microphone;
  }

  get languages() {
    return this.engine?.languages ?? [];
  }

  get takesHotwords() {
    return this.engine !== null && this.engine.can_use_hotwords !== false;
  }

  /** Fields of the `start` frame; what this engine does not take is left out. */
  get start() {
    const { language, hotwords } = this.values;
    return {
      ...(this.languages.includes(language) && { language }),
      ...(this.takesHotwords && hotwords && { hotwords }),
    };
  }

  /** Fields of the `stop` frame. */
  get afterwards() {
    const { secondPass, diarize } = this.values;
    return { second_pass: secondPass, diarize: diarize && this.diarizer !== null };
  }
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const liveOptions = new LiveOptions();
