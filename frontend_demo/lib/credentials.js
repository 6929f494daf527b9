// Responsible for how this client proves who it is: a token, a ticket, or the session cookie.

import { StentorError } from "./errors.js";
import { within } from "./within.js";

export class Credentials {
  #options;
  #limit;
  #url;

  /**
   * @param {import("./types.js").Options} options
   * @param {number} limit milliseconds that a callback may take
   */
  constructor(options, limit) {
    this.#options = options;
    this.#limit = limit;
    // Here and not on each attempt, so that a wrong address fails where it was written.
    this.#url = socketUrl(options.url ?? "/ws/");
  }

  /** Whether there is a callback to ask for something new. A cookie can only be renewed by signing in. */
  get renewable() {
    return Boolean(this.#options.getToken || this.#options.getTicket);
  }

  /** Whether a newer token can be sent on a socket that is already open. */
  get hasTokens() {
    return Boolean(this.#options.getToken);
  }

  /**
   * Where to connect, and the token to send first, if tokens are used.
   * @param {boolean} renew what was given last has been refused
   * @returns {Promise<{url: string, token: string|null}>}
   */
  async prepare(renew) {
    const url = new URL(this.#url);
    if (this.#options.getToken) return { url: url.href, token: await this.token(renew) };
    if (this.#options.getTicket) url.searchParams.set("ticket", await this.#ask(this.#options.getTicket, renew));
    return { url: url.href, token: null };
  }

  /**
   * A token; raises `unauthenticated` where there are none.
   * @param {boolean} renew
   */
  async token(renew) {
    return this.#ask(this.#options.getToken, renew);
  }

  /**
   * @param {import("./types.js").Options["getToken"]} callback
   * @param {boolean} renew
   */
  async #ask(callback, renew) {
    const proof = callback && (await within(callback({ renew }), this.#limit));
    if (!proof) throw new StentorError("unauthenticated", "Sign in first.");
    return proof;
  }
}

/** @param {string} text */
function socketUrl(text) {
  const url = new URL(text, globalThis.location?.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
