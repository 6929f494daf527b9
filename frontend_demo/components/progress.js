// <st-progress>: a bar that says how far something is, to the eye and to a screen reader.

/** Set `value` to 0-100, or to null while nobody can tell. `label` names what progresses. */
export class ProgressBar extends HTMLElement {
  #bar = document.createElement("div");

  connectedCallback() {
    this.setAttribute("role", "progressbar");
    this.setAttribute("aria-valuemin", "0");
    this.setAttribute("aria-valuemax", "100");
    this.append(this.#bar);
  }

  set label(text) {
    this.setAttribute("aria-label", text);
  }

  set value(percent) {
    if (percent === null) {
      this.removeAttribute("aria-valuenow");
      this.#bar.style.transform = "";
      return;
    }
    const within = Math.min(100, Math.max(0, percent));
    this.setAttribute("aria-valuenow", String(Math.round(within)));
    this.#bar.style.transform = `translateX(${within - 100}%)`;
  }
}

customElements.define("st-progress", ProgressBar);

export function progressBar(label) {
  const bar = document.createElement("st-progress");
  bar.label = label;
  return bar;
}
