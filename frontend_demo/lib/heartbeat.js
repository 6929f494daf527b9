// Responsible for noticing that a connection has gone silent, which a browser may not report for many minutes.

export class Heartbeat {
  #onSilence;
  #limit = 0;
  #last = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #probe;

  /** @param {() => void} onSilence called once when nothing has come for too long */
  constructor(onSilence) {
    this.#onSilence = onSilence;
  }

  /** @param {number} limit milliseconds without a frame that end the connection */
  start(limit) {
    this.stop();
    this.#limit = limit;
    this.beat();
    this.#arm(limit);
  }

  /** A frame has come. Only a time is noted: no timer is set anew for each frame. */
  beat() {
    // The wall clock, because others stand still while a laptop sleeps.
    this.#last = Date.now();
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /**
   * Wants a sign of life within `limit` milliseconds.
   * @param {number} limit
   */
  probe(limit) {
    if (this.#timer === undefined || this.#probe !== undefined) return;
    this.#probe = setTimeout(() => this.#silent(), limit);
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    this.#timer = this.#probe = undefined;
  }

  /** @param {number} delay */
  #arm(delay) {
    this.#timer = setTimeout(() => {
      const left = this.#limit - (Date.now() - this.#last);
      if (left <= 0) this.#silent();
      else this.#arm(left);
    }, delay);
  }

  #silent() {
    this.stop();
    this.#onSilence();
  }
}
