// Responsible for pairing what was asked on this connection with its answer, by `id`.

/** @typedef {(frame: import("./types.js").Frame) => void} OnAnswer */

export class Requests {
  #send;
  #next = 1;
  /** @type {Map<number, OnAnswer>} */
  #waiting = new Map();

  /** @param {(frame: import("./types.js").Frame) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * Sends a frame with a new id. `onAnswer` gets the one frame that carries the same id, or nothing when the
   * connection ends before. Null when nothing could be sent.
   * @param {import("./types.js").Frame} frame
   * @param {OnAnswer} onAnswer
   * @returns {number|null}
   */
  ask(frame, onAnswer) {
    const id = this.#next;
    if (!this.#send({ id, ...frame })) return null;
    this.#next += 1;
    this.#waiting.set(id, onAnswer);
    return id;
  }

  /**
   * Hands an answer to who asked; false when nobody did.
   * @param {import("./types.js").Frame} frame
   */
  settle(frame) {
    const onAnswer = this.#waiting.get(frame.id);
    if (!onAnswer) return false;
    this.#waiting.delete(frame.id);
    onAnswer(frame);
    return true;
  }

  /** @param {number|null} id whose answer no longer matters */
  forget(id) {
    if (id !== null) this.#waiting.delete(id);
  }

  /** The connection is gone: no answer will come. */
  clear() {
    this.#waiting.clear();
  }
}
