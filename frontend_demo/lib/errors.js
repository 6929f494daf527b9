// Responsible for one typed error, so that callers can decide by code instead of by text.

export class StentorError extends Error {
  /**
   * @param {string} code a code of the server's table, or `timeout`, `closed`, `stopped`, `too_many_pending`
   * @param {string} message one sentence for people
   * @param {{retryable?: boolean, fields?: Record<string, string[]>|null, retryAfter?: number|null}} [more]
   */
  constructor(code, message, { retryable = false, fields = null, retryAfter = null } = {}) {
    super(message);
    this.name = "StentorError";
    this.code = code;
    /** Whether trying again can help. */
    this.retryable = retryable;
    /** Names of inputs and what is wrong with each. */
    this.fields = fields;
    /** Seconds until trying again makes sense. */
    this.retryAfter = retryAfter;
  }

  /**
   * The error that a server's frame speaks of.
   * @param {import("./types.js").Frame} frame
   */
  static from(frame) {
    return new StentorError(frame.code ?? "internal", frame.message ?? "The server refused.", {
      retryable: frame.retryable === true,
      fields: frame.fields ?? null,
      retryAfter: frame.retry_after_s ?? null,
    });
  }
}
