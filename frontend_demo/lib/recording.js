// Responsible for one live recording: sound goes to the server once and in order, over every cut; text comes back.

import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { RecordingFrames } from "./recording-frames.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").RecordingState} RecordingState */

const FRAME_S = 0.1;
const MAX_BUFFERED = 256 * 1024;
const LOOK_AGAIN_MS = 50;
const KEEPALIVE_MS = 10_000;
const START = "start";
const STOP = "stop";

export class LiveRecording {
  #emitter = new Emitter();
  #start;
  #frames;
  #connection;
  #keepaliveMs;
  /** @type {RecordingState} */
  #state = Object.freeze({ name: "idle" });
  /** @type {string|null} */
  #session;
  /** @type {Frame|null} the server's `ready` on this socket */
  #ready = null;
  /** @type {Frame|null} the last `ready` of any socket */
  #known = null;
  #lastFinal;
  #paused = false;
  /** What is to be said once all sound before it is sent. @type {{type: string, after: number}[]} */
  #marks = [];
  /** @type {Frame|null} */
  #stop = null;
  #stopSent = false;
  #held = false;
  #toldFull = false;
  #sentSince = false;
  /** When the server wants sound again, in milliseconds since 1970. */
  #notBefore = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #later;
  /** @type {ReturnType<typeof setInterval>|undefined} */
  #keepalive;

  /** @param {import("./types.js").RecordingOptions} options */
  constructor(options) {
    this.#start = options.start ?? {};
    this.#session = options.resume?.session ?? null;
    this.#frames = new RecordingFrames(options.resume);
    this.#lastFinal = this.#start.after ?? 0;
    this.#keepaliveMs = options.timing?.keepalive ?? KEEPALIVE_MS;
    this.#connection = new Connection({ url: "/ws/transcribe/", ...options }, {
      onState: (state) => this.#follow(state),
      onUp: () => this.#begin(),
      onWelcome: () => {},
      onDown: () => this.#down(),
      onStopped: () => this.#down(),
      onUnauthenticated: (state) => options.onUnauthenticated?.(state),
      onFrame: (frame) => this.#receive(frame),
    });
  }

  get state() {
    return this.#state;
  }

  get session() {
    return this.#session;
  }

  /** How many frames the server has not stored yet. */
  get unacked() {
    return this.#frames.length;
  }

  get keptSeconds() {
    return this.#frames.length * FRAME_S;
  }

  get engine() {
    return this.#known?.engine ?? null;
  }

  get limits() {
    return this.#known?.limits ?? null;
  }

  /**
   * @param {import("./types.js").RecordingEvent} name
   * @param {(detail: any) => void} fn
   */
  on(name, fn) {
    return this.#emitter.on(name, fn);
  }

  /** Connects; also after `stopped`, and hurries where it is waiting. */
  open() {
    if (this.#state.name !== "closed") this.#connection.open();
  }

  /**
   * Takes one frame of sound; false when it is refused: paused, stopped, ended, or too much is kept already.
   * @param {Uint8Array|Int16Array} sound
   */
  send(sound) {
    if (this.#paused || this.#stop || this.#state.name === "closed" || sound.byteLength === 0) return false;
    if (this.#frames.isFull) {
      this.#tellFull();
      return false;
    }
    this.#toldFull = false;
    this.#frames.add(new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength).slice());
    this.#pump();
    return true;
  }

  pause() {
    if (this.#paused) return;
    this.#paused = true;
    this.#mark("pause");
  }

  resume() {
    this.#paused = false;
  }

  /** Settles what was said so far. */
  finalize() {
    this.#mark("finalize");
  }

  /**
   * Ends the recording once all sound is stored.
   * @param {Record<string, any>} [wishes] `second_pass`, `model`, `diarize`, `speakers` …
   */
  stop(wishes = {}) {
    this.#stop = { ...wishes, type: "stop", id: STOP };
    this.#stopSent = false;
    if (this.#ready) this.#become({ name: "stopping" });
    this.#pump();
  }

  /** What a later page needs to go on: give it back as `resume`. */
  save() {
    const frames = this.#frames.save();
    const last = frames.at(-1);
    return { session: this.#session, frames, next: last ? last[0] + 1 : this.#frames.next };
  }

  close() {
    this.#connection.close();
    this.#down();
    if (this.#state.name !== "closed" && this.#state.name !== "idle") this.#become({ name: "idle" });
  }

  #begin() {
    const start = { ...this.#start, type: "start", id: START, after: this.#lastFinal };
    this.#connection.send(this.#session ? { ...start, session: this.#session } : start);
  }

  #down() {
    clearTimeout(this.#later);
    clearInterval(this.#keepalive);
    this.#ready = null;
    this.#held = this.#stopSent = false;
    this.#notBefore = 0;
  }

  /** @param {Frame} frame */
  #receive(frame) {
    if (frame.type === "ready") this.#welcomed(frame);
    else if (frame.type === "error") this.#failed(frame);
    else if (frame.type === "closed") this.#ended(frame);
    else if (frame.type === "final") this.#final(frame);
    else if (["ack", "warning", "partial", "speech", "lag"].includes(frame.type)) this.#heard(frame);
  }

  /** @param {Frame} ready */
  #welcomed(ready) {
    this.#ready = this.#known = ready;
    this.#session = ready.session;
    this.#goOnFrom(ready.next_seq);
    if (this.#paused && !this.#marks.some(({ type }) => type === "pause")) this.#mark("pause");
    this.#keepalive = setInterval(() => this.#stayAwake(), this.#keepaliveMs);
    this.#become({ name: this.#stop ? "stopping" : "live" });
    this.#emitter.emit("ready", ready);
    this.#pump();
  }

  /** @param {Frame} frame */
  #heard(frame) {
    if (frame.type === "ack") this.#frames.stored(frame.seq);
    else if (frame.type === "warning") this.#held = frame.code === "pause";
    this.#emitter.emit(frame.type, frame);
    if (frame.type === "ack" || frame.type === "warning") this.#pump();
  }

  /** @param {Frame} frame */
  #final(frame) {
    if (frame.id <= this.#lastFinal) return;
    this.#lastFinal = frame.id;
    this.#emitter.emit("final", frame);
  }

  /** @param {Frame} frame */
  #failed(frame) {
    if (frame.next_seq != null) {
      this.#goOnFrom(frame.next_seq);
      this.#notBefore = Date.now() + 1000 * (frame.retry_after_s ?? 0);
      this.#pump();
      return;
    }
    this.#emitter.emit("error", StentorError.from(frame));
    if (!this.#ready && (frame.code === "server_full" || !frame.retryable)) this.#refused(frame);
    else if (!this.#ready) this.#later = setTimeout(() => this.#begin(), 1000 * (frame.retry_after_s ?? 1));
    else if (frame.id === STOP) {
      this.#stop = null;
      this.#become({ name: "live" });
    }
  }

  /** @param {Frame} error why there is no recording */
  #refused({ code, message, retry_after_s }) {
    this.close();
    this.#become({ name: "stopped", code, reason: message, retryAfter: retry_after_s ?? undefined });
  }

  /** @param {Frame} closed */
  #ended(closed) {
    this.#become({ name: "closed" });
    this.close();
    this.#emitter.emit("closed", closed);
  }

  /** @param {number} number */
  #goOnFrom(number) {
    const lost = this.#frames.goOnFrom(number);
    if (lost > 0) this.#emitter.emit("error", new StentorError("frames_lost", `${lost} frames of sound are lost.`));
  }

  /** @param {string} type */
  #mark(type) {
    this.#marks.push({ type, after: this.#frames.next });
    this.#pump();
  }

  #pump() {
    clearTimeout(this.#later);
    const wait = this.#notBefore - Date.now();
    if (wait > 0) return this.#pumpLater(wait);
    while (this.#ready && !this.#held) {
      if (this.#connection.unsent > MAX_BUFFERED) return this.#pumpLater(LOOK_AGAIN_MS);
      if (this.#marks.length > 0 && this.#marks[0].after <= this.#frames.cursor) {
        this.#say({ type: /** @type {any} */ (this.#marks.shift()).type });
      } else if (this.#frames.mayTake(this.#ready.limits.window)) this.#say(this.#frames.take());
      else break;
    }
    if (this.#ready && this.#stop && !this.#stopSent && this.#frames.length === 0) {
      this.#stopSent = this.#say(this.#stop);
    }
  }

  /** @param {number} ms */
  #pumpLater(ms) {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#pump(), ms);
  }

  /** @param {Frame|Uint8Array} what */
  #say(what) {
    this.#sentSince = true;
    return what instanceof Uint8Array ? this.#connection.sendBytes(what) : this.#connection.send(what);
  }

  #stayAwake() {
    if (!this.#sentSince) this.#connection.send({ type: "keepalive" });
    this.#sentSince = false;
  }

  #tellFull() {
    if (this.#toldFull) return;
    this.#toldFull = true;
    this.#emitter.emit("error", new StentorError("too_much_kept", "Ten minutes of sound wait for the server."));
  }

  /**
   * The connection is live before the recording is; and what has ended is not changed by its connection closing.
   * @param {import("./types.js").State} state
   */
  #follow(state) {
    if (state.name !== "live" && state.name !== "idle" && this.#state.name !== "closed") this.#become(state);
  }

  /** @param {RecordingState} state */
  #become(state) {
    this.#state = Object.freeze({ ...state });
    this.#emitter.emit("state", this.#state);
  }
}
