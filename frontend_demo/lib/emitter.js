// Responsible for telling listeners, and for keeping a broken listener from harming anybody else.

/**
 * Calls `fn`; what it throws is reported to the page as an uncaught error and goes no further.
 * @param {((...args: any[]) => void)|undefined} fn
 * @param {...any} args
 */
export function callSafely(fn, ...args) {
  if (!fn) return;
  try {
    fn(...args);
  } catch (error) {
    reportError(error);
  }
}

export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /**
   * Calls `fn` on each `name` from now on. Returns a function that ends it.
   * @param {string} name
   * @param {(detail: any) => void} fn
   * @returns {() => void}
   */
  on(name, fn) {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set.add(fn));
    return () => {
      set.delete(fn);
    };
  }

  /**
   * @param {string} name
   * @param {any} detail
   */
  emit(name, detail) {
    for (const fn of [...(this.#listeners.get(name) ?? [])]) callSafely(fn, detail);
  }
}
