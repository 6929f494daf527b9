// Responsible for telling the server now and then how far each topic has arrived, so that it can pace itself.

const EVERY_EVENTS = 64;
const EVERY_MS = 1000;

export class Acks {
  #send;
  /** @type {Map<string, {seq: number, count: number}>} */
  #owed = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {(frame: import("./types.js").Frame) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * Everything of `topic` up to `seq` has arrived.
   * @param {string} topic
   * @param {number} seq
   */
  note(topic, seq) {
    const count = (this.#owed.get(topic)?.count ?? 0) + 1;
    this.#owed.set(topic, { seq, count });
    if (count >= EVERY_EVENTS) this.#pay(topic);
    else this.#timer ??= setTimeout(() => this.#payAll(), EVERY_MS);
  }

  /** @param {string} topic that is no longer followed */
  forget(topic) {
    this.#owed.delete(topic);
  }

  /** The connection is gone, and with it what was owed. */
  clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#owed.clear();
  }

  #payAll() {
    this.#timer = undefined;
    for (const topic of [...this.#owed.keys()]) this.#pay(topic);
  }

  /** @param {string} topic */
  #pay(topic) {
    const owed = this.#owed.get(topic);
    this.#owed.delete(topic);
    if (owed) this.#send({ type: "ack", topic, seq: owed.seq });
  }
}
