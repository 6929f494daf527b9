// Responsible for commands: each a promise with an end, repeated with the same key when the connection was lost.

import { StentorError } from "./errors.js";

const TIMEOUT = 15_000;
const MAX_PENDING = 256;

/**
 * @typedef {object} Pending
 * @property {import("./types.js").Frame} frame
 * @property {number|null} id
 * @property {(data: any) => void} resolve
 * @property {(error: StentorError) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

export class Commands {
  #requests;
  #connected = false;
  /** @type {Set<Pending>} */
  #pending = new Set();

  /** @param {import("./requests.js").Requests} requests */
  constructor(requests) {
    this.#requests = requests;
  }

  /**
   * Runs a command now, or when the connection is back.
   * @param {string} type
   * @param {object} data
   * @param {import("./types.js").CommandOptions} options
   * @returns {Promise<any>} the reply's data; rejected with a StentorError
   */
  run(type, data, { timeout = TIMEOUT, key = newKey() }) {
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new StentorError("too_many_pending", "Too many commands wait for an answer.", { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(pending), timeout);
      /** @type {Pending} */
      const pending = { frame: { type, data, key }, id: null, resolve, reject, timer };
      this.#pending.add(pending);
      if (this.#connected) this.#send(pending);
    });
  }

  /** Sends whatever has no answer yet. What the server has already done it recognises by the key. */
  connected() {
    this.#connected = true;
    for (const pending of this.#pending) this.#send(pending);
  }

  disconnected() {
    this.#connected = false;
  }

  /**
   * No connection will come: everything that waits is rejected.
   * @param {string} code
   * @param {string} message
   */
  abort(code, message) {
    for (const pending of [...this.#pending]) {
      this.#done(pending);
      pending.reject(new StentorError(code, message));
    }
  }

  /** @param {Pending} pending */
  #send(pending) {
    pending.id = this.#requests.ask(pending.frame, (answer) => {
      this.#done(pending);
      if (answer.type === "error") pending.reject(StentorError.from(answer));
      else pending.resolve(answer.data);
    });
  }

  /** @param {Pending} pending */
  #expire(pending) {
    this.#done(pending);
    pending.reject(new StentorError("timeout", "The command got no answer in time.", { retryable: true }));
  }

  /** @param {Pending} pending */
  #done(pending) {
    clearTimeout(pending.timer);
    this.#pending.delete(pending);
    this.#requests.forget(pending.id);
  }
}

function newKey() {
  // randomUUID is there on https and localhost only; a page on a plain http address of the local network lacks it.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
