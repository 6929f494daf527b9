// <st-uploads>: the tray in the corner that shows files on their way to the server, on every page.

import { fill, h, setText } from "../dom.js";
import { bytes, plural } from "../format.js";
import { documentUploads } from "../prompts/document-uploads.js";
import { isOpen, uploads } from "../uploads.js";
import { button } from "./basics.js";
import { progressBar } from "./progress.js";

const SOURCES = [uploads, documentUploads];

export class UploadTray extends HTMLElement {
  #rows = new Map();
  #title = h("h2", {});
  #stop = button({ label: "Cancel all", kind: "quiet", onClick: () => this.#cancelAll() });
  #list = h("ul", {});
  #draw = () => this.#show();

  connectedCallback() {
    this.classList.add("tray");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Uploads");
    fill(this, h("div", { class: "tray-head" }, this.#title, this.#stop), this.#list);
    for (const source of SOURCES) source.addEventListener("change", this.#draw);
    this.#show();
  }

  disconnectedCallback() {
    for (const source of SOURCES) source.removeEventListener("change", this.#draw);
  }

  #show() {
    const items = SOURCES.flatMap(({ list }) => list);
    const open = items.filter(isOpen);
    const files = open.reduce((all, item) => all + item.files.length, 0);
    this.hidden = items.length === 0;
    setText(this.#title, files ? `Uploading ${plural(files, "file")}` : "Not uploaded");
    this.#stop.hidden = open.length < 2;
    for (const [item, row] of this.#rows) {
      if (items.includes(item)) continue;
      row.element.remove();
      this.#rows.delete(item);
    }
    for (const source of SOURCES) for (const item of source.list) this.#update(item, source);
  }

  /** From the last one on, so that none of them begins meanwhile. */
  #cancelAll() {
    for (const source of SOURCES) for (const { id } of source.list.filter(isOpen).reverse()) source.drop(id);
  }

  #add(item, source) {
    const name = item.files.length > 1 ? plural(item.files.length, "file") : item.files[0].name || "unnamed";
    const state = h("p", { class: "tray-state numeric" });
    const bar = progressBar(`Upload of ${name}`);
    const retry = button({
      label: `Try ${name} again`,
      sign: "repeat",
      kind: "quiet",
      iconOnly: true,
      onClick: () => source.retry(item.id),
    });
    const drop = button({
      label: `Cancel the upload of ${name}`,
      sign: "close",
      kind: "quiet",
      iconOnly: true,
      onClick: () => source.drop(item.id),
    });
    const element = h(
      "li",
      { class: "tray-row" },
      h("p", { class: "tray-name", title: item.files.map((file) => file.name).join("\n") }, name),
      h("div", { class: "tray-buttons" }, retry, drop),
      state,
      bar,
    );
    this.#list.append(element);
    this.#rows.set(item, { element, state, bar, retry });
  }

  #update(item, source) {
    if (!this.#rows.has(item)) this.#add(item, source);
    const { element, state, bar, retry } = this.#rows.get(item);
    element.dataset.state = item.state;
    const failed = !isOpen(item);
    retry.hidden = !failed || item.total === 0;
    bar.hidden = failed;
    bar.value = item.state === "storing" ? null : (100 * item.sent) / Math.max(1, item.total);
    const words = {
      waiting: "Waiting for the files before it",
      sending: `${bytes(item.sent)} of ${bytes(item.total)}`,
      storing: `The server is looking at the file${item.files.length > 1 ? "s" : ""}`,
      failed: item.error,
    };
    setText(state, words[item.state] ?? "");
  }
}

customElements.define("st-uploads", UploadTray);
