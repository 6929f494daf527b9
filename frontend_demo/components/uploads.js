// <st-uploads>: the tray in the corner that shows files on their way to the server, on every page.

import { fill, h, setText } from "../dom.js";
import { bytes, plural } from "../format.js";
import { uploads } from "../uploads.js";
import { button } from "./basics.js";
import { progressBar } from "./progress.js";

export class UploadTray extends HTMLElement {
  #rows = new Map();
  #title = h("h2", {});
  #list = h("ul", {});
  #draw = () => this.#show();

  connectedCallback() {
    this.classList.add("tray");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Uploads");
    fill(this, this.#title, this.#list);
    uploads.addEventListener("change", this.#draw);
    this.#show();
  }

  disconnectedCallback() {
    uploads.removeEventListener("change", this.#draw);
  }

  #show() {
    const items = uploads.list;
    this.hidden = items.length === 0;
    const open = items.filter((item) => item.state !== "failed").length;
    setText(this.#title, open ? `Uploading ${plural(open, "file")}` : "Not uploaded");
    for (const [id, row] of this.#rows) {
      if (items.some((item) => item.id === id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const item of items) {
      if (!this.#rows.has(item.id)) this.#add(item);
      this.#update(this.#rows.get(item.id), item);
    }
  }

  #add(item) {
    const name = item.file.name || "recording";
    const state = h("p", { class: "tray-state numeric" });
    const bar = progressBar(`Upload of ${name}`);
    const retry = button({
      label: `Try ${name} again`,
      sign: "repeat",
      kind: "quiet",
      iconOnly: true,
      onClick: () => uploads.retry(item.id),
    });
    const drop = button({
      label: `Cancel the upload of ${name}`,
      sign: "close",
      kind: "quiet",
      iconOnly: true,
      onClick: () => uploads.drop(item.id),
    });
    const element = h(
      "li",
      { class: "tray-row" },
      h("p", { class: "tray-name", title: name }, name),
      h("div", { class: "tray-buttons" }, retry, drop),
      state,
      bar,
    );
    this.#list.append(element);
    this.#rows.set(item.id, { element, state, bar, retry });
  }

  #update({ element, state, bar, retry }, item) {
    element.dataset.state = item.state;
    const failed = item.state === "failed";
    retry.hidden = !failed || item.file.size === 0;
    bar.hidden = failed;
    bar.value = item.state === "storing" ? null : (100 * item.sent) / Math.max(1, item.total);
    const words = {
      waiting: "Waiting for the files before it",
      sending: `${bytes(item.sent)} of ${bytes(item.total)}`,
      storing: "The server is looking at the file",
      failed: item.error,
    };
    setText(state, words[item.state] ?? "");
  }
}

customElements.define("st-uploads", UploadTray);
