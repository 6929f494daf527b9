// Responsible for being connected: opens links, signs in, names the state, and comes back after every kind of end.

import { Backoff } from "./backoff.js";
import { CLOSE } from "./constants.js";
import { Credentials } from "./credentials.js";
import { callSafely } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import { Link } from "./link.js";
import { judge } from "./verdict.js";
import { Wake } from "./wake.js";

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./verdict.js").Verdict} Verdict */

/** @type {import("./types.js").Timing} */
const TIMING = { backoffBase: 1000, backoffCap: 30_000, stable: 60_000, jitter: 250, handshake: 10_000, probe: 3000 };
// A server that says "come back at once" again and again gets the back-off in the end.
const MAX_AT_ONCE = 5;
const SIGN_IN_CODES = ["unauthenticated", "token_expired"];

/**
 * @typedef {object} Listener
 * @property {(state: State) => void} onState
 * @property {(welcome: Frame) => void} onUp signed in on a new socket
 * @property {(welcome: Frame) => void} onWelcome each `welcome`, also after a renewal
 * @property {() => void} onDown the socket is gone
 * @property {(state: State) => void} onStopped no other attempt will follow
 * @property {(state: State) => void} onUnauthenticated
 * @property {(frame: Frame) => void} onFrame every other frame
 */

export class Connection {
  #listener;
  #timing;
  #credentials;
  #backoff;
  #heartbeat = new Heartbeat(() => this.#link?.drop(1006, "The server has gone silent."));
  #wake = new Wake(() => this.#look());
  /** @type {State} */
  #state = Object.freeze({ name: "idle" });
  /** @type {Link|null} */
  #link = null;
  /** Counts attempts: what an earlier one was waiting for no longer matters. */
  #turn = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #liveSince = 0;
  #atOnce = 0;
  /** Whether something newer has been asked for since the server last accepted us for a while. */
  #renewed = false;
  /** The same, for an error on this very socket. */
  #renewedInPlace = false;

  /**
   * @param {import("./types.js").Options} options
   * @param {Listener} listener
   */
  constructor(options, listener) {
    this.#listener = listener;
    this.#timing = { ...TIMING, ...options.timing };
    this.#credentials = new Credentials(options, this.#timing.handshake);
    this.#backoff = new Backoff(this.#timing.backoffBase, this.#timing.backoffCap);
  }

  get state() {
    return this.#state;
  }

  /** Starts, or starts again after `stopped`; hurries where it is waiting. */
  open() {
    if (this.#state.name === "connecting" || this.#state.name === "live") return;
    if (this.#state.name === "idle" || this.#state.name === "stopped") this.#afresh();
    this.#wake.start();
    this.#attempt(false);
  }

  close() {
    this.#end();
    this.#wake.stop();
    if (this.#state.name !== "idle") this.#become({ name: "idle" });
  }

  /** @param {Frame} frame */
  send(frame) {
    return this.#state.name === "live" && this.#link !== null && this.#link.send(frame);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  sendBytes(bytes) {
    return this.#state.name === "live" && this.#link !== null && this.#link.sendBytes(bytes);
  }

  /** How many bytes were sent that have not left this machine yet. */
  get unsent() {
    return this.#link?.unsent ?? 0;
  }

  /** @param {boolean} renew */
  async #attempt(renew) {
    this.#end();
    const turn = this.#turn;
    this.#become({ name: "connecting" });
    try {
      const { url, token } = await this.#credentials.prepare(renew);
      if (turn !== this.#turn) return;
      this.#link = new Link(url, {
        onOpen: () => token !== null && this.#link?.send({ type: "auth", token }),
        onFrame: (frame) => this.#receive(frame),
        onClosed: (closing) => this.#closed(judge(closing)),
      });
      this.#timer = setTimeout(() => this.#link?.drop(1006, "No welcome in time."), this.#timing.handshake);
    } catch (error) {
      // Whatever the application's callback throws ends here: it means "not now", but for a refusal.
      if (turn === this.#turn) this.#unprepared(error);
    }
  }

  /** @param {unknown} error */
  #unprepared(error) {
    if (error instanceof StentorError && error.code === "unauthenticated") {
      this.#signedOut(error.message);
    } else {
      this.#retry(this.#backoff.next());
    }
  }

  /** @param {string} reason */
  #signedOut(reason) {
    this.#stop({ code: CLOSE.UNAUTHENTICATED, reason });
  }

  /** @param {Frame} frame */
  #receive(frame) {
    this.#heartbeat.beat();
    if (frame.type === "welcome") this.#welcomed(frame);
    else if (frame.type === "auth_expiring") this.#renewInPlace();
    else if (frame.type === "error" && frame.id == null && SIGN_IN_CODES.includes(frame.code)) this.#refused(frame);
    else if (frame.type !== "ping" && frame.type !== "disconnect") this.#listener.onFrame(frame);
  }

  /** @param {Frame} welcome */
  #welcomed(welcome) {
    this.#renewedInPlace = false;
    this.#listener.onWelcome(welcome);
    if (this.#state.name === "live") return;
    clearTimeout(this.#timer);
    this.#liveSince = Date.now();
    this.#heartbeat.start(2000 * welcome.heartbeat);
    this.#become({ name: "live" });
    // Whoever heard of it may have closed already.
    if (this.#liveSince > 0) this.#listener.onUp(welcome);
  }

  /** @param {Frame} frame an error about signing in */
  #refused(frame) {
    if (this.#state.name === "live") this.#listener.onFrame(frame);
    else if (this.#renewedInPlace || !this.#credentials.hasTokens) this.#signedOut(frame.message);
    if (this.#renewedInPlace) return;
    this.#renewedInPlace = true;
    this.#renewInPlace();
  }

  async #renewInPlace() {
    const link = this.#link;
    if (!link || !this.#credentials.hasTokens) return;
    try {
      const token = await this.#credentials.token(true);
      if (link === this.#link) link.send({ type: "auth", token });
    } catch (error) {
      // A live connection lasts until the old token ends; connecting anew asks once more.
      if (link === this.#link && this.#state.name !== "live") this.#unprepared(error);
    }
  }

  /** @param {Verdict} verdict */
  #closed(verdict) {
    const lived = this.#liveSince > 0 && Date.now() - this.#liveSince >= this.#timing.stable;
    if (lived) this.#afresh();
    this.#end();
    if (verdict.action === "never") this.#refusedForGood(verdict);
    else if (verdict.action === "now" && this.#atOnce < MAX_AT_ONCE) {
      this.#atOnce += 1;
      this.#retry(verdict.after + Math.random() * this.#timing.jitter);
    } else {
      this.#retry(verdict.after + this.#backoff.next());
    }
  }

  /** @param {Verdict} verdict */
  #refusedForGood(verdict) {
    const again = verdict.code === CLOSE.UNAUTHENTICATED && this.#credentials.renewable && !this.#renewed;
    if (!again) {
      this.#stop(verdict);
      return;
    }
    this.#renewed = true;
    this.#attempt(true);
  }

  /** @param {Pick<Verdict, "code"|"reason">} verdict */
  #stop({ code, reason }) {
    this.#end();
    this.#wake.stop();
    /** @type {State} */
    const state = { name: "stopped", code, reason };
    this.#become(state);
    this.#listener.onStopped(this.#state);
    if (code === CLOSE.UNAUTHENTICATED) callSafely(this.#listener.onUnauthenticated, this.#state);
  }

  /** @param {number} delay */
  #retry(delay) {
    this.#end();
    this.#timer = setTimeout(() => this.#attempt(false), delay);
    this.#become({ name: Wake.offline ? "offline" : "waiting", retryAt: Date.now() + delay });
  }

  /** Something has changed outside: tries at once where it waits, and wants proof where it believes to be live. */
  #look() {
    if (this.#state.name === "live") {
      this.#heartbeat.probe(this.#timing.probe);
      this.#link?.send({ type: "ping" });
    } else if (this.#state.name === "offline" && Wake.offline) {
      return;
    } else if (this.#state.name === "waiting" && Wake.offline) {
      this.#become({ ...this.#state, name: "offline" });
    } else if (this.#state.name === "waiting" || this.#state.name === "offline") {
      this.#attempt(false);
    }
  }

  /** Ends whatever is under way, silently but for those who used the socket. */
  #end() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#link?.discard();
    this.#link = null;
    if (this.#liveSince > 0) {
      this.#liveSince = 0;
      this.#listener.onDown();
    }
  }

  #afresh() {
    this.#backoff.reset();
    this.#atOnce = 0;
    this.#renewed = false;
  }

  /** @param {State} state */
  #become(state) {
    this.#state = Object.freeze({ ...state });
    this.#listener.onState(this.#state);
  }
}
