// The chat: conversations on one side, the open one on the other.

import { TAKEN } from "../chat/attachments.js";
import { ConversationList } from "../chat/list.js";
import "../chat/open-conversation.js";
import { fill } from "../dom.js";
import { keys } from "../keys.js";
import { go } from "../router.js";
import { Page } from "./page.js";

class ChatPage extends Page {
  takes = { words: "Drop to attach", types: TAKEN, most: 20 };
  #list = null;
  #open = null;

  start() {
    this.classList.add("page-chat");
    this.#list = new ConversationList(this.signal);
    keys(this.signal, { "/": () => this.#list.focusSearch(), n: () => go("/chat") });
    this.turn(this.params);
  }

  /** Another conversation, with the list as it is. */
  turn({ id = null }) {
    const number = id === null ? null : Number(id);
    this.#open = document.createElement("st-conversation");
    this.#open.params = { id: number };
    this.#open.addEventListener("begun", ({ detail }) => this.#mark(detail));
    fill(this, this.#list.element, this.#open);
    this.#mark(number);
  }

  /** Files that are dropped or pasted anywhere on this page belong to the message. */
  takeFiles(files) {
    this.#open.takeFiles(files);
  }

  #mark(id) {
    this.toggleAttribute("data-open", id !== null);
    this.#list.current = id;
  }
}

customElements.define("page-chat", ChatPage);

export default "page-chat";
