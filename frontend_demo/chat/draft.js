// A message that is being written: kept by the server, so that a reload, another tab or another device goes on with it.

import { stentor } from "../feed.js";
import { uniqueKey } from "../unique-key.js";

const SETTLE_MS = 400;
const TYPING_MS = 2500;
const tab = uniqueKey();

/** `onWords(text)`: written elsewhere; `onTyping(isTyping)`: somebody is writing elsewhere right now. */
export class Draft {
  #conversation;
  #onWords;
  #onTyping;
  #timer = null;
  #quiet = null;
  #typedAt = 0;
  /** What stands here, and what of it the server knows. */
  #words = "";
  #saved = "";

  constructor(conversation, { onWords, onTyping }) {
    this.#conversation = conversation;
    this.#onWords = onWords;
    this.#onTyping = onTyping;
  }

  /** Words were typed here. */
  typed(content) {
    this.#typedAt = Date.now();
    this.#words = content;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(content), SETTLE_MS);
  }

  /** The message was sent: what is still to be saved of it must not come after that. */
  sent() {
    clearTimeout(this.#timer);
    this.#typedAt = 0;
  }

  /** An event of the conversation. */
  take({ content, tab: from }) {
    if (from === tab) return;
    const isTyping = from !== "" && content !== "";
    this.#onTyping(isTyping);
    clearTimeout(this.#quiet);
    if (isTyping) this.#quiet = setTimeout(() => this.#onTyping(false), TYPING_MS);
    // Whoever types here keeps their own words, unless just these were sent elsewhere.
    const isSent = from === "" && this.#words === this.#saved;
    if (!isSent && Date.now() - this.#typedAt < TYPING_MS) return;
    this.#words = this.#saved = content;
    this.#onWords(content);
  }

  dispose() {
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
  }

  async #save(content) {
    this.#saved = content;
    try {
      await stentor.command("chat.draft", { conversation_id: this.#conversation, content, tab }, { key: null });
    } catch (error) {
      // The words stand in the page; the next ones that are typed are saved with them.
      if (error.name !== "StentorError") throw error;
    }
  }
}
