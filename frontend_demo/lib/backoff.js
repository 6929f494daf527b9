// Responsible for how long to wait before the next attempt: any time below a ceiling that doubles (full jitter).

export class Backoff {
  #base;
  #cap;
  #attempt = 0;

  /**
   * @param {number} base the first ceiling in milliseconds
   * @param {number} cap the highest ceiling
   */
  constructor(base, cap) {
    this.#base = base;
    this.#cap = cap;
  }

  /** The next wait in milliseconds. Random from zero on, so that a crowd that was cut together comes back spread out. */
  next() {
    const ceiling = Math.min(this.#cap, this.#base * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.random() * ceiling;
  }

  reset() {
    this.#attempt = 0;
  }
}
