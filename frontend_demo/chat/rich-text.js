// <st-rich-text>: markdown that may still grow. The server renders it; what it has not rendered yet stands as plain text.

import { button } from "../components/basics.js";
import { copy } from "../clipboard.js";
import { fill, h } from "../dom.js";
import { stentor } from "../feed.js";
import { takeCharacters } from "./conversation.js";

const EVERY_MS = 120;
const AT_ONCE = 40_000;
const ATTEMPTS = 6;

// A text far from the window is rendered when the reader comes near it.
const near = new IntersectionObserver(
  (entries) => entries.forEach(({ isIntersecting, target }) => target.seen(isIntersecting)),
  { rootMargin: "800px" },
);

export class RichText extends HTMLElement {
  #text = "";
  /** The text before this index is rendered for good; what comes after is rendered anew when it grows. */
  #settled = 0;
  /** The elements of the blocks that may still change. */
  #open = [];
  #rendered = 0;
  #tail = h("span", { class: "rich-tail" });
  #near = false;
  #busy = false;
  #failures = 0;
  #timer = null;

  connectedCallback() {
    near.observe(this);
  }

  disconnectedCallback() {
    near.unobserve(this);
    clearTimeout(this.#timer);
  }

  /** The markdown as it is now. */
  set text(text) {
    if (text === this.#text) return;
    const grows = text.startsWith(this.#text);
    this.#text = text;
    this.#failures = 0;
    if (!grows) this.#begin();
    this.#showTail();
    this.#soon(0);
  }

  /** More is on its way: a mark stands where it will come. */
  set growing(is) {
    if (is === this.hasAttribute("data-growing")) return;
    this.toggleAttribute("data-growing", is);
    this.#showTail();
  }

  seen(isNear) {
    this.#near = isNear;
    this.#soon(0);
  }

  #begin() {
    this.#settled = this.#rendered = 0;
    this.#open = [];
    this.replaceChildren();
  }

  /** What is not rendered yet, behind the last rendered words. */
  #showTail() {
    const tail = this.#text.slice(this.#rendered);
    this.#tail.textContent = tail;
    if (!tail && !this.hasAttribute("data-growing")) this.#tail.remove();
    else if (!this.#tail.isConnected) endOf(this).append(this.#tail);
  }

  #soon(wait) {
    if (this.#busy || this.#timer || !this.#near || this.#rendered === this.#text.length) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#render();
    }, wait);
  }

  async #render() {
    const from = this.#settled;
    const rest = this.#text.slice(from);
    const piece = pieceOf(rest);
    this.#busy = true;
    let wait = EVERY_MS;
    try {
      const { blocks } = await stentor.command("chat.render", { text: piece }, { key: null });
      if (this.#settled === from && this.#text.startsWith(piece, from)) this.#show(blocks, piece, from, piece.length < rest.length);
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      wait = 1000 * (error.retryAfter ?? this.#failures);
    }
    this.#busy = false;
    if (this.#failures < ATTEMPTS) this.#soon(wait); // until then it can be read as it was written
  }

  #show(blocks, piece, from, isCut) {
    const elements = blocks.map(({ html }) => elementsOf(html));
    this.#tail.remove();
    for (const element of this.#open) element.remove();
    this.append(...elements.flat());
    // The last block may go on with what comes; all others are what they are.
    const last = isCut ? undefined : blocks.at(-1);
    this.#open = last ? elements.at(-1) : [];
    this.#settled = from + (last ? takeCharacters(piece, last.at) : isCut ? piece.length : 0);
    this.#rendered = from + piece.length;
    this.#showTail();
    this.dispatchEvent(new Event("rendered", { bubbles: true }));
  }
}

customElements.define("st-rich-text", RichText);

/** As much as one request may hold, up to the end of a paragraph or a line where there is one. */
function pieceOf(text) {
  if (text.length <= AT_ONCE) return text;
  const cut = Math.max(text.lastIndexOf("\n\n", AT_ONCE), 0) || Math.max(text.lastIndexOf("\n", AT_ONCE), 0);
  return text.slice(0, cut || AT_ONCE);
}

/** The server has made this HTML safe: it holds no scripts, no styles and nothing that loads. */
function elementsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const link of template.content.querySelectorAll("a")) link.target = "_blank";
  for (const code of template.content.querySelectorAll("pre > code")) dress(code);
  for (const table of template.content.querySelectorAll("table")) {
    const frame = h("div", { class: "rich-table", tabindex: "0", role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  return [...template.content.children];
}

function dress(code) {
  const pre = code.parentElement;
  const language = code.className.replace("language-", "");
  const take = button({ label: "Copy", sign: "copy", kind: "quiet", onClick: () => copy(code.textContent, "The code") });
  const frame = h("div", { class: "code" });
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  fill(frame, h("div", { class: "code-head" }, h("span", {}, language || "text"), take), pre);
}

/** Where text that goes on would stand: inside the last paragraph, item or code. */
function endOf(root) {
  let here = root;
  while (here.lastElementChild && !["SPAN", "A", "CODE", "EM", "STRONG", "BUTTON"].includes(here.lastElementChild.tagName)) {
    here = here.lastElementChild;
  }
  return here.tagName === "PRE" ? here.lastElementChild : here;
}
