// Responsible for one subscriber of a topic: its position, its handlers, its iterator.

import { callSafely } from "./emitter.js";
import { Mailbox } from "./mailbox.js";

const BUFFER = 256;

/**
 * What `subscribe` returns. Given `onSnapshot` or `onEvent` it calls them; otherwise iterate:
 * `for await (const item of subscription)`, each item a snapshot or an event by its `type`. Leaving the loop closes it.
 * @implements {AsyncIterable<import("./types.js").TopicSnapshot | import("./types.js").TopicEvent>}
 */
export class Subscription {
  #handlers;
  #owner;
  /** @type {import("./types.js").Position|null} */
  #position;
  /** @type {Mailbox<import("./types.js").TopicSnapshot | import("./types.js").TopicEvent>} */
  #mailbox;
  #buffering;
  #closed = false;

  /**
   * @param {string} topic
   * @param {import("./types.js").Handlers} handlers
   * @param {import("./types.js").SubscribeOptions} options
   * @param {{onClose: (subscription: Subscription) => void, onRoom: () => void}} owner
   */
  constructor(topic, handlers, { since = undefined, buffer = BUFFER }, owner) {
    this.topic = topic;
    this.#handlers = handlers;
    this.#owner = owner;
    this.#position = since ? { epoch: since.epoch, seq: since.seq } : null;
    this.#mailbox = new Mailbox(buffer, owner.onRoom);
    this.#buffering = !handlers.onSnapshot && !handlers.onEvent;
  }

  /**
   * Up to where this subscriber has everything; null before the first snapshot. May be kept and given as `since` later.
   * @returns {import("./types.js").Position|null}
   */
  get position() {
    return this.#position && { ...this.#position };
  }

  get closed() {
    return this.#closed;
  }

  /** Ends it. Handlers are not called any more but for `onClosed(null)`; a loop ends after what is already there. */
  close() {
    if (this.#closed) return;
    this.#owner.onClose(this);
    this.finish(null);
  }

  /** @returns {AsyncIterator<import("./types.js").TopicSnapshot | import("./types.js").TopicEvent>} */
  [Symbol.asyncIterator]() {
    this.#buffering = true;
    return {
      next: () => this.#mailbox.take(),
      return: async () => {
        this.close();
        this.#mailbox.clear();
        return { value: undefined, done: true };
      },
    };
  }

  /**
   * Whether it can't take anything until its loop has caught up.
   * @internal
   */
  get full() {
    return this.#mailbox.full;
  }

  /**
   * Whether it misses something of a stream that has come to `last`.
   * @internal
   * @param {import("./types.js").Position} last
   */
  lacks(last) {
    return !this.#position || this.#position.epoch !== last.epoch || this.#position.seq < last.seq;
  }

  /**
   * @internal
   * @param {import("./types.js").TopicSnapshot} snapshot
   */
  reset(snapshot) {
    this.#position = { epoch: snapshot.epoch, seq: snapshot.seq };
    // The new state holds what still waits.
    this.#mailbox.clear();
    if (this.#buffering) this.#mailbox.put(snapshot);
    callSafely(this.#handlers.onSnapshot, snapshot.data, snapshot);
  }

  /**
   * Takes the event that follows `previous`, unless it has had it, lacks what came before, or has no room.
   * @internal
   * @param {import("./types.js").Position} previous
   * @param {import("./types.js").TopicEvent} event
   */
  deliver(previous, event) {
    if (this.#closed || !this.#position || this.lacks(previous) || this.#position.seq >= event.seq) return;
    if (this.#buffering && !this.#mailbox.put(event)) return;
    this.#position = { epoch: event.epoch, seq: event.seq };
    callSafely(this.#handlers.onEvent, event);
  }

  /**
   * @internal
   * @param {import("./errors.js").StentorError|null} error
   */
  finish(error) {
    if (this.#closed) return;
    this.#closed = true;
    this.#mailbox.end(error);
    callSafely(this.#handlers.onClosed, error);
  }
}
