// <st-menu>: a button that opens a list of actions, links or choices.

import { h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";

/**
 * An item: {label, sign, onPick} for an action, {label, sign, href, download?} for a link, {label, checked, onPick}
 * for a choice, {title} for a heading, "line" for a line.
 */
export class Menu extends HTMLElement {
  #list = h("div", { class: "menu", role: "menu", id: uniqueId("menu"), hidden: true });
  #button = null;
  #outside = (event) => this.contains(event.target) || this.close();

  /** `opener` is the button; `items` a function, so that the list is always of today. */
  set(opener, items, { up = false } = {}) {
    this.#button = opener;
    opener.setAttribute("aria-haspopup", "menu");
    opener.setAttribute("aria-expanded", "false");
    opener.setAttribute("aria-controls", this.#list.id);
    this.#list.toggleAttribute("data-up", up);
    this.#list.setAttribute("aria-label", opener.getAttribute("aria-label") ?? opener.textContent);
    opener.addEventListener("click", () => (this.#list.hidden ? this.open(items()) : this.close()));
    opener.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || !this.#list.hidden) return;
      event.preventDefault();
      this.open(items());
    });
    this.#list.addEventListener("keydown", (event) => this.#onKey(event));
    this.replaceChildren(opener, this.#list);
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.#outside);
  }

  open(items) {
    this.#list.replaceChildren(...items.map((item) => this.#row(item)));
    this.#list.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.#outside);
    this.#rows()[0]?.focus();
  }

  close({ refocus = false } = {}) {
    if (this.#list.hidden) return;
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.#outside);
    if (refocus) this.#button.focus();
  }

  #row(item) {
    if (item === "line") return h("div", { class: "menu-line", role: "separator" });
    if (item.title) return h("div", { class: "menu-title", role: "presentation" }, item.title);
    const choice = item.checked === undefined ? { role: "menuitem" } : {
      role: "menuitemradio",
      "aria-checked": String(item.checked),
    };
    const shared = {
      class: "menu-item",
      tabindex: "-1",
      ...choice,
      dataset: item.tone ? { tone: item.tone } : {},
    };
    const inside = [item.sign && icon(item.sign), item.label];
    const row = item.href
      ? h("a", { ...shared, href: item.href, download: item.download }, inside)
      : h("button", { ...shared, type: "button" }, inside);
    row.addEventListener("click", () => {
      this.close({ refocus: true });
      item.onPick?.();
    });
    return row;
  }

  #rows() {
    return [...this.#list.querySelectorAll(".menu-item")];
  }

  #onKey(event) {
    const rows = this.#rows();
    const here = rows.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      rows.at(to % rows.length).focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close({ refocus: true });
    } else if (event.key === "Tab") this.close();
  }
}

customElements.define("st-menu", Menu);

export function menu(opener, items, options) {
  const element = document.createElement("st-menu");
  element.set(opener, items, options);
  return element;
}
