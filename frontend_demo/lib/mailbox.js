// Responsible for the items between a socket that never waits and a loop that may be slow: a bounded queue.

/** @template T */
export class Mailbox {
  #limit;
  #onRoom;
  /** @type {T[]} */
  #items = [];
  /** @type {{resolve: (result: IteratorResult<T>) => void, reject: (error: Error) => void}[]} */
  #takers = [];
  /** @type {{error: Error|null}|null} */
  #end = null;
  #full = false;

  /**
   * @param {number} limit how many items may wait
   * @param {() => void} onRoom called when a full mailbox has been emptied to a quarter
   */
  constructor(limit, onRoom) {
    this.#limit = limit;
    this.#onRoom = onRoom;
  }

  /** Full from the moment that an item was refused until most of the others have been taken. */
  get full() {
    return this.#full;
  }

  /**
   * Takes an item in; false when there is no room.
   * @param {T} item
   */
  put(item) {
    const taker = this.#takers.shift();
    if (taker) {
      taker.resolve({ value: item, done: false });
      return true;
    }
    this.#full ||= this.#items.length >= this.#limit;
    if (this.#full) return false;
    this.#items.push(item);
    return true;
  }

  /**
   * The next item, when there is one; done at the end, or rejected with the error that made the end.
   * @returns {Promise<IteratorResult<T>>}
   */
  take() {
    if (this.#items.length > 0) {
      const value = /** @type {T} */ (this.#items.shift());
      if (this.#full && this.#items.length <= this.#limit / 4) {
        this.#full = false;
        this.#onRoom();
      }
      return Promise.resolve({ value, done: false });
    }
    if (!this.#end) return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    const { error } = this.#end;
    this.#end = { error: null };
    return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
  }

  /** Throws away what waits, because something newer replaces it. */
  clear() {
    this.#items = [];
    this.#full = false;
  }

  /**
   * Nothing comes any more; what waits can still be taken.
   * @param {Error|null} error
   */
  end(error) {
    if (this.#end) return;
    this.#end = { error };
    for (const taker of this.#takers.splice(0)) this.take().then(taker.resolve, taker.reject);
  }
}
