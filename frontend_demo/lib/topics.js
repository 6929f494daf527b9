// Responsible for which topics this page follows: one wire subscription each, however many listen.

import { StentorError } from "./errors.js";
import { Subscription } from "./subscription.js";
import { Topic } from "./topic.js";

export class Topics {
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  #surroundings;
  #connected = false;

  /** @param {Omit<import("./topic.js").Surroundings, "onEnd">} surroundings */
  constructor(surroundings) {
    this.#surroundings = { ...surroundings, onEnd: (/** @type {Topic} */ topic) => this.#forget(topic) };
  }

  get all() {
    return [...this.#topics.values()];
  }

  /**
   * @param {string} name
   * @param {import("./types.js").Handlers} handlers
   * @param {import("./types.js").SubscribeOptions} options
   */
  subscribe(name, handlers, options) {
    const topic = this.#topics.get(name) ?? this.#create(name);
    const subscription = new Subscription(name, handlers, options, {
      onClose: (closing) => topic.remove(closing),
      onRoom: () => topic.room(),
    });
    topic.add(subscription);
    return subscription;
  }

  connected() {
    this.#connected = true;
    for (const topic of this.all) topic.connected();
  }

  disconnected() {
    this.#connected = false;
    for (const topic of this.all) topic.disconnected();
  }

  /**
   * Takes a frame about a topic that answers no request.
   * @param {import("./types.js").Frame} frame
   */
  receive(frame) {
    const topic = this.#topics.get(frame.topic);
    if (frame.type === "event") topic?.receive(frame);
    else if (frame.id == null && frame.type === "subscribed") topic?.restart(frame);
    else if (frame.id == null && frame.type === "unsubscribed") topic?.end(reasonOf(frame));
  }

  /** Ends every subscription. */
  close() {
    for (const topic of this.all) topic.end(null);
  }

  /** @param {string} name */
  #create(name) {
    const topic = new Topic(name, this.#surroundings);
    this.#topics.set(name, topic);
    if (this.#connected) topic.connected();
    return topic;
  }

  /** @param {Topic} topic */
  #forget(topic) {
    if (this.#topics.get(topic.name) === topic) this.#topics.delete(topic.name);
  }
}

/** @param {import("./types.js").Frame} frame */
function reasonOf(frame) {
  return frame.code ? StentorError.from(frame) : null;
}
