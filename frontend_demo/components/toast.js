// Short notices that come and go, and the one voice for screen readers.

import { h } from "../dom.js";
import { button } from "./basics.js";

const STAYS_MS = 6000;
const AT_MOST = 3;

/** <st-toasts>: the corner where toasts stand. */
export class Toasts extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Notices");
    this.popover = "manual";
  }

  show(text, { tone = "", action = null } = {}) {
    const item = h("div", { class: "toast", dataset: tone ? { tone } : {} }, h("p", {}, text));
    const close = () => {
      item.remove();
      if (!this.childElementCount && this.matches(":popover-open")) this.hidePopover();
    };
    if (action) item.append(button({
      label: action.label,
      kind: "quiet",
      onClick: () => (close(), action.run()),
    }));
    item.append(button({ label: "Dismiss", sign: "close", kind: "quiet", iconOnly: true, onClick: close }));
    this.append(item);
    while (this.children.length > AT_MOST) this.firstChild.remove();
    this.#rise();
    // A failure, and whatever offers an action, waits for its reader; hovering or focusing holds the rest.
    const held = tone === "danger" || action;
    const leave = () => (item.matches(":hover, :focus-within") ? setTimeout(leave, STAYS_MS) : close());
    setTimeout(leave, held ? STAYS_MS * 2 : STAYS_MS);
    if (action) window.addEventListener("navigate", close, { once: true });
    announce(text);
  }

  /** Above everything, an open dialog too: whatever becomes a popover last lies on top. */
  #rise() {
    if (this.matches(":popover-open")) this.hidePopover();
    this.showPopover();
  }
}

customElements.define("st-toasts", Toasts);

const corner = document.createElement("st-toasts");
const voice = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });

/** Put the corner and the voice into the page; once, at the start. */
export function installToasts() {
  document.body.append(corner, voice);
}

/** Show a notice. `tone`: empty, danger; `action`: {label, run}. */
export function toast(text, options) {
  corner.show(text, options);
}

/** Say something to screen readers when they have finished their sentence. */
export function announce(text) {
  voice.textContent = "";
  requestAnimationFrame(() => {
    voice.textContent = text;
  });
}

/** Show what went wrong, whatever it was; an abort is nothing wrong. */
export function toastProblem(error) {
  if (error.name === "AbortError") return;
  toast(error.message, { tone: "danger" });
}
