// Responsible for noticing that the world has changed: the network came or went, the page was shown again.

export class Wake {
  #onChange;
  #listening = false;
  #changed = () => {
    if (globalThis.document?.visibilityState !== "hidden") this.#onChange();
  };

  /** @param {() => void} onChange called when it pays to look at the connection again */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Whether the browser says that there is no network. It may be wrong: a server on this machine needs none. */
  static get offline() {
    return globalThis.navigator?.onLine === false;
  }

  start() {
    if (this.#listening) return;
    this.#listening = true;
    for (const name of ["online", "offline", "pageshow"]) globalThis.addEventListener?.(name, this.#changed);
    globalThis.document?.addEventListener("visibilitychange", this.#changed);
  }

  stop() {
    this.#listening = false;
    for (const name of ["online", "offline", "pageshow"]) globalThis.removeEventListener?.(name, this.#changed);
    globalThis.document?.removeEventListener("visibilitychange", this.#changed);
  }
}
