// The one live recording of this browser tab: it outlives changes of page, and by way of sessionStorage a reload.

import { openMicrophone } from "./capture/microphone.js";
import { stamp } from "./format.js";
import { LiveRecording } from "./lib/recording.js";
import { liveOptions } from "./live-options.js";
import { session } from "./session.js";

const KEY = "stentor-recording";
const FRAME_S = 0.1;
const LEVELS = 600;
const LEFT = {
  unplugged: "The microphone was unplugged. What you said is kept; plug one in, then resume.",
  ended: "The browser took the microphone away. What you said is kept; resume when it is free.",
};

/**
 * `phase`: idle, opening, recording, paused, finishing or refused. Events: "change" (phase, problem or line),
 * "level" (a frame of sound; `levels` has it), "closed" (detail: the id of the transcript).
 */
class LiveSession extends EventTarget {
  phase = "idle";
  /** What went wrong, in words for people; null where nothing did. */
  problem = null;
  /** The recording goes on after a reload of the page. */
  goesOn = false;
  /** The server is behind and takes no sound for now. */
  held = false;
  /** Seconds that the text lags behind what the server has heard. */
  behind = 0;
  /** The loudness of the latest frames, 0 to 1, newest last. */
  levels = [];
  #frames = 0;
  #recording = null;
  #microphone = null;
  /** Whoever waits for a microphone that nobody wants any more finds another turn. */
  #turn = 0;

  constructor() {
    super();
    addEventListener("pagehide", () => this.#save());
    session.addEventListener("change", () => (session.user ? this.restore() : this.#forget()));
  }

  get isOn() {
    return this.phase !== "idle";
  }

  get seconds() {
    return this.#frames * FRAME_S;
  }

  /** The id of the transcript; null until the server has answered. */
  get id() {
    return this.#recording?.session ?? null;
  }

  get engine() {
    return this.#recording?.engine ?? null;
  }

  get line() {
    return this.#recording?.state ?? { name: "idle" };
  }

  get keptSeconds() {
    return this.#recording?.keptSeconds ?? 0;
  }

  /** Begin a new recording. */
  async start() {
    if (this.isOn) return;
    this.#frames = 0;
    this.levels = [];
    this.goesOn = false;
    await this.#open(() => this.#connect());
    if (!this.#recording) this.#become("idle", this.problem);
  }

  pause() {
    if (this.phase !== "recording") return;
    this.#microphone?.pause();
    this.#recording.pause();
    this.#become("paused");
  }

  async resume() {
    if (this.phase !== "paused") return;
    if (!this.#microphone) return this.#open(() => this.#recording.resume());
    this.#microphone.resume();
    this.#recording.resume();
    this.#become("recording");
  }

  /** End the recording: what the microphone still holds is sent first. */
  async stop() {
    if (!["recording", "paused"].includes(this.phase)) return;
    this.#become("finishing");
    await this.#letGo();
    this.#recording?.stop(liveOptions.afterwards);
  }

  /** Try again after the server has refused. */
  retry() {
    if (this.phase !== "refused") return undefined;
    return this.#open(() => this.#recording.open());
  }

  /** Give up a recording that the server has refused. */
  dismiss() {
    if (this.phase === "refused") this.#forget();
  }

  /** After a reload: go on where the page was left. */
  async restore() {
    const saved = take();
    if (!saved || this.isOn || saved.user !== session.user?.id) return;
    this.#frames = saved.recording.next;
    this.goesOn = true;
    this.#connect(saved.recording);
    if (saved.finishing) {
      this.#become("finishing");
      this.#recording.stop(liveOptions.afterwards);
    } else if (saved.paused) {
      this.#recording.pause();
      this.#become("paused");
    } else await this.#open();
  }

  /** Ask for the microphone, then run `begin`; without a microphone a running recording stays paused. */
  async #open(begin = () => {}) {
    this.#turn += 1;
    const turn = this.#turn;
    this.#become("opening");
    try {
      const microphone = await openMicrophone({
        deviceId: liveOptions.microphone,
        onFrame: (samples, level) => this.#hear(samples, level),
        onEnd: (reason) => this.#lose(reason),
      });
      if (turn !== this.#turn) return void microphone.close();
      this.#microphone = microphone;
      begin();
      this.#become("recording");
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error.code === undefined) throw error;
      this.#recording?.pause();
      this.#become(this.#recording ? "paused" : "idle", error);
    }
  }

  #connect(resume) {
    const title = `Recording of ${stamp(new Date())}`;
    const start = { ...liveOptions.start, title, partials: false, encoding: "pcm16", sample_rate: 16_000 };
    const recording = new LiveRecording({ start, resume });
    const told = () => this.#tell();
    this.#recording = recording;
    this.held = false;
    this.behind = 0;
    for (const name of ["ready", "ack"]) recording.on(name, told);
    recording.on("state", (state) => (state.name === "stopped" ? this.#refuse(state) : told()));
    recording.on("error", (error) => this.#become(this.phase, error));
    recording.on("warning", ({ code }) => {
      this.held = code === "pause";
      told();
    });
    recording.on("lag", ({ received_s: received, processed_s: processed }) => {
      this.behind = received - processed;
      told();
    });
    recording.on("closed", ({ transcript }) => this.#end(transcript));
    recording.open();
  }

  #hear(samples, level) {
    if (!this.#recording?.send(samples)) return;
    this.#frames += 1;
    this.levels.push(level);
    if (this.levels.length > LEVELS) this.levels.shift();
    this.dispatchEvent(new Event("level"));
  }

  #lose(reason) {
    this.#microphone = null;
    if (this.phase !== "recording" && this.phase !== "paused") return;
    this.#recording.pause();
    this.#become("paused", { code: reason, message: LEFT[reason] });
  }

  async #refuse({ code, reason, retryAfter }) {
    this.#become("refused", { code, message: reason ?? "", retryAfter });
    await this.#letGo();
  }

  #end(transcript) {
    this.#forget();
    this.dispatchEvent(new CustomEvent("closed", { detail: transcript }));
  }

  #forget() {
    this.#turn += 1;
    this.#recording?.close();
    this.#recording = null;
    this.#letGo();
    this.#become("idle");
  }

  async #letGo() {
    const microphone = this.#microphone;
    this.#microphone = null;
    await microphone?.close();
  }

  #become(phase, problem = null) {
    this.phase = phase;
    this.problem = problem;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }

  #save() {
    if (!this.#recording?.session) return;
    const state = { user: session.user?.id, paused: this.phase === "paused", finishing: this.phase === "finishing" };
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ ...state, recording: this.#recording.save() }));
    } catch {
      // Without storage the server ends the recording after a minute, with everything that has reached it.
    }
  }
}

function take() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return saved;
  } catch {
    return null;
  }
}

export const liveSession = new LiveSession();
