// Speaking instead of typing: the live microphone writes into the message. Its recording is deleted afterwards.

import { call } from "../api.js";
import { openMicrophone } from "../capture/microphone.js";
import { LiveRecording } from "../lib/recording.js";
import { liveOptions } from "../live-options.js";

/** `phase`: idle, opening, listening or finishing. Events: "change", "words" (detail: the text so far), "problem". */
export class Dictation extends EventTarget {
  phase = "idle";
  #microphone = null;
  #recording = null;
  #settled = [];
  #turn = 0;

  async start() {
    if (this.phase !== "idle") return;
    this.#turn += 1;
    const turn = this.#turn;
    this.#settled = [];
    this.#become("opening");
    try {
      const microphone = await openMicrophone({
        deviceId: liveOptions.microphone,
        onFrame: (samples) => this.#recording?.send(samples),
        onEnd: () => this.stop(),
      });
      if (turn !== this.#turn) return void microphone.close();
      this.#microphone = microphone;
      this.#connect();
      this.#become("listening");
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error.code === undefined) throw error;
      this.#fail(error);
    }
  }

  /** End it: what was said last still comes. */
  async stop() {
    if (this.phase === "opening") return this.cancel();
    if (this.phase !== "listening") return undefined;
    this.#become("finishing");
    await this.#letGo();
    return this.#recording?.stop({});
  }

  /** End it at once. */
  cancel() {
    this.#turn += 1;
    this.#recording?.close();
    const session = this.#recording?.session;
    this.#recording = null;
    this.#letGo();
    this.#become("idle");
    if (session) this.#forget(session);
  }

  #connect() {
    const start = { title: "Dictation", language: liveOptions.values.language || undefined, encoding: "pcm16", sample_rate: 16_000 };
    const recording = new LiveRecording({ start });
    this.#recording = recording;
    recording.on("partial", ({ text }) => this.#tell(text));
    recording.on("final", ({ text }) => {
      this.#settled.push(text);
      this.#tell("");
    });
    recording.on("state", (state) => state.name === "stopped" && this.#fail({ message: state.reason }));
    recording.on("closed", () => this.cancel());
    recording.open();
  }

  #tell(unsettled) {
    const words = [...this.#settled, unsettled].map((text) => text.trim()).filter(Boolean).join(" ");
    this.dispatchEvent(new CustomEvent("words", { detail: words }));
  }

  #fail({ message }) {
    this.cancel();
    this.dispatchEvent(new CustomEvent("problem", { detail: message || "The server takes no sound now." }));
  }

  async #letGo() {
    const microphone = this.#microphone;
    this.#microphone = null;
    await microphone?.close();
  }

  #become(phase) {
    this.phase = phase;
    this.dispatchEvent(new Event("change"));
  }

  async #forget(session) {
    try {
      await call("DELETE", `/api/transcripts/${session}`);
    } catch (error) {
      // It stays in the list of transcripts, where it can be seen and deleted.
      if (error.name !== "Problem") throw error;
    }
  }
}
