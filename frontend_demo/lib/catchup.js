// Responsible for saying, after a reconnect, when the page is up to date again and how many events it had missed.

// The protocol has no end mark for a replay, so it is over when every topic has answered and then nothing came for a
// moment. A busy topic is never quiet: for it there is a longest time.
const QUIET = 200;
const LONGEST = 2000;

export class CatchUp {
  #onDone;
  /** @type {Set<object>|null} */
  #waiting = null;
  #events = 0;
  #resets = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #quiet;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #end;

  /** @param {(result: {events: number, resets: number}) => void} onDone */
  constructor(onDone) {
    this.#onDone = onDone;
  }

  /** @param {Iterable<object>} topics that are to be caught up */
  begin(topics) {
    this.cancel();
    this.#waiting = new Set(topics);
    this.#events = this.#resets = 0;
    this.#check();
  }

  cancel() {
    clearTimeout(this.#quiet);
    clearTimeout(this.#end);
    this.#end = undefined;
    this.#waiting = null;
  }

  /** An event has been delivered. */
  event() {
    if (!this.#waiting) return;
    this.#events += 1;
    this.#check();
  }

  /**
   * A topic is followed again, or will not be.
   * @param {object} topic
   * @param {boolean} reset whether by a snapshot
   */
  settled(topic, reset) {
    if (!this.#waiting?.delete(topic)) return;
    if (reset) this.#resets += 1;
    this.#check();
  }

  #check() {
    if (this.#waiting?.size !== 0) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#done(), QUIET);
    this.#end ??= setTimeout(() => this.#done(), LONGEST);
  }

  #done() {
    this.cancel();
    this.#onDone({ events: this.#events, resets: this.#resets });
  }
}
