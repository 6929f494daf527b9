// What every page shares: an element whose listeners and requests end when it leaves the document.

/** Subclasses build themselves in `start()`; `this.signal` ends with the page, `this.params` comes from the address. */
export class Page extends HTMLElement {
  params = {};
  #life = null;

  get signal() {
    return this.#life.signal;
  }

  connectedCallback() {
    this.#life = new AbortController();
    this.classList.add("page");
    this.start();
  }

  disconnectedCallback() {
    this.#life.abort();
  }

  /** Call `handler` for `event` of `target` as long as the page is shown. */
  listen(target, event, handler) {
    target.addEventListener(event, handler, { signal: this.signal });
  }
}
