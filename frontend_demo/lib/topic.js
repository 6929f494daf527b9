// Responsible for one topic on the wire: subscribing, resuming, noticing gaps, and sharing with all local subscribers.

import { Backoff } from "./backoff.js";
import { StentorError } from "./errors.js";

const RETRY_BASE = 1000;
const RETRY_CAP = 30_000;
const ANSWER_WITHIN = 20_000;

/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./subscription.js").Subscription} Subscription */

/**
 * @typedef {object} Surroundings
 * @property {import("./requests.js").Requests} requests
 * @property {import("./acks.js").Acks} acks
 * @property {(topic: Topic) => void} onEnd nobody follows it any more
 * @property {(topic: Topic, reset: boolean) => void} onSettled its subscribe was answered
 * @property {() => void} onEvent
 */

export class Topic {
  #surroundings;
  /** @type {Set<Subscription>} */
  #subscribers = new Set();
  /** `off`: not connected, or waiting to ask again. `paused`: everybody's buffer is full, so nothing is wanted.
   * @type {"off"|"joining"|"joined"|"paused"} */
  #phase = "off";
  #connected = false;
  /** @type {import("./types.js").Position} */
  #last = { epoch: "", seq: 0 };
  /** How often in a row something was missing. */
  #strikes = 0;
  #retries = new Backoff(RETRY_BASE, RETRY_CAP);
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {number|null} */
  #asked = null;

  /**
   * @param {string} name
   * @param {Surroundings} surroundings
   */
  constructor(name, surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
  }

  /** @param {Subscription} subscriber */
  add(subscriber) {
    this.#subscribers.add(subscriber);
    // While joining, the answer may already hold what the new one needs: see #settle.
    if (this.#phase !== "joining" && this.#timer === undefined) this.#join();
  }

  /** @param {Subscription} subscriber */
  remove(subscriber) {
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) this.#leave();
    else if (this.#phase === "joined") this.#pauseIfFull();
  }

  connected() {
    this.#connected = true;
    this.#strikes = 0;
    this.#join();
  }

  disconnected() {
    this.#connected = false;
    this.#off();
  }

  /** A loop that was slow has room again. */
  room() {
    if (this.#phase === "paused") this.#join();
    else this.#settle();
  }

  /** @param {Frame} frame an `event` */
  receive(frame) {
    if (this.#phase !== "joined" || (frame.epoch === this.#last.epoch && frame.seq <= this.#last.seq)) return;
    if (frame.epoch !== this.#last.epoch || frame.seq !== this.#last.seq + 1 + (frame.skipped ?? 0)) {
      this.#repair();
      return;
    }
    const previous = this.#last;
    this.#last = { epoch: frame.epoch, seq: frame.seq };
    this.#strikes = 0;
    this.#retries.reset();
    this.#surroundings.acks.note(this.name, frame.seq);
    this.#surroundings.onEvent();
    const event = /** @type {import("./types.js").TopicEvent} */ (frame);
    for (const subscriber of [...this.#subscribers]) subscriber.deliver(previous, event);
    this.#pauseIfFull();
  }

  /** @param {Frame} frame a `subscribed` that the server sent by itself; while asking, the answer will say more */
  restart(frame) {
    if (this.#phase === "joined") this.#begin(frame);
  }

  /** @param {Frame} frame a `subscribed` */
  #begin(frame) {
    this.#phase = "joined";
    if (this.#strikes === 0) this.#retries.reset();
    this.#last = { epoch: frame.epoch, seq: frame.seq };
    if (!frame.recovered) this.#reset(frame);
    this.#surroundings.onSettled(this, !frame.recovered);
    this.#settle();
  }

  /**
   * The topic has ended for everybody here.
   * @param {StentorError|null} error
   */
  end(error) {
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    this.#off();
    this.#surroundings.acks.forget(this.name);
    this.#surroundings.onEnd(this);
    this.#surroundings.onSettled(this, false);
    for (const subscriber of subscribers) subscriber.finish(error);
  }

  #join() {
    if (!this.#connected || this.#subscribers.size === 0) return;
    this.#stopAsking();
    if (this.#allFull()) {
      this.#phase = "paused";
      this.#surroundings.onSettled(this, false);
      return;
    }
    const since = this.#strikes > 1 ? null : this.#since();
    this.#phase = "joining";
    this.#asked = this.#surroundings.requests.ask(
      { type: "subscribe", topic: this.name, ...(since && { since }) },
      (answer) => this.#answered(answer),
    );
    this.#timer = setTimeout(() => this.#joinAfter(this.#retries.next()), ANSWER_WITHIN);
  }

  /** The place from which everybody can be served; null when somebody needs a snapshot. */
  #since() {
    const positions = [...this.#subscribers].filter((each) => !each.full).map((each) => each.position);
    const first = positions[0];
    if (!first || positions.some((each) => each?.epoch !== first.epoch)) return null;
    return { epoch: first.epoch, seq: Math.min(...positions.map((each) => each?.seq ?? 0)) };
  }

  /** @param {Frame} frame */
  #answered(frame) {
    this.#stopAsking();
    if (frame.type === "subscribed") {
      this.#begin(frame);
      return;
    }
    const error = StentorError.from(frame);
    if (!error.retryable) {
      this.end(error);
      return;
    }
    this.#surroundings.onSettled(this, false);
    this.#joinAfter((error.retryAfter ?? 0) * 1000 + this.#retries.next());
  }

  /** @param {Frame} frame */
  #reset(frame) {
    const { topic, epoch, seq, snapshot } = frame;
    for (const subscriber of [...this.#subscribers]) {
      subscriber.reset({ type: "snapshot", topic, epoch, seq, data: snapshot });
    }
  }

  /** Asks again where a subscriber lacks what has already gone by. */
  #settle() {
    if (this.#phase !== "joined") return;
    if ([...this.#subscribers].some((each) => !each.full && each.lacks(this.#last))) this.#repair();
  }

  /**
   * Something is missing: asks again from the last known position, at once the first time, then more and more
   * slowly and for a snapshot, so that a server in disorder is not asked in circles.
   */
  #repair() {
    this.#strikes += 1;
    if (this.#strikes === 1) this.#join();
    else this.#joinAfter(this.#retries.next());
  }

  /** @param {number} delay */
  #joinAfter(delay) {
    this.#off();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#join();
    }, delay);
  }

  #pauseIfFull() {
    if (this.#phase !== "joined" || !this.#allFull()) return;
    this.#phase = "paused";
    this.#unsubscribe();
  }

  #allFull() {
    return [...this.#subscribers].every((each) => each.full);
  }

  #leave() {
    if (this.#phase === "joined" || this.#phase === "joining") this.#unsubscribe();
    this.#off();
    this.#surroundings.acks.forget(this.name);
    this.#surroundings.onEnd(this);
    this.#surroundings.onSettled(this, false);
  }

  #unsubscribe() {
    this.#stopAsking();
    this.#surroundings.requests.ask({ type: "unsubscribe", topic: this.name }, () => undefined);
  }

  #stopAsking() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#surroundings.requests.forget(this.#asked);
    this.#asked = null;
  }

  #off() {
    this.#stopAsking();
    this.#phase = "off";
  }
}
