// The messages of the shown branch, kept in step with the conversation; the newest words stay in view.

import { confirmDialog, openDialog } from "../components/dialog.js";
import { busy, button, emptyState } from "../components/basics.js";
import { announce, toastProblem } from "../components/toast.js";
import { h } from "../dom.js";
import { stentor } from "../feed.js";
import { messageView } from "./message.js";

const NEAR_PX = 160;

/** `{element, update(id?)}`; `onQuote(message)` and `onEdit(message)` are for whoever has the input. */
export class Thread {
  #conversation;
  #views = new Map();
  #list = h("div", { class: "thread", role: "log", "aria-live": "off", "aria-label": "Messages" });
  #empty = h("div", { hidden: true }, emptyState({
    sign: "chat",
    title: "Nothing said yet",
    text: "Ask something, or attach a text and ask about it.",
  }));
  #jump = button({ label: "Newest", sign: "down", onClick: () => this.toEnd() });
  #stays = true;
  #actions;
  element = h("div", { class: "thread-frame" }, this.#empty, this.#list, h("div", { class: "thread-jump" }, this.#jump));

  /** `below` is what stands under the messages: where it grows, the newest words stay in view too. */
  constructor(conversation, { onQuote, onEdit, below, signal }) {
    this.#conversation = conversation;
    const run = (type) => (message) => this.#run(type, { message_id: message.id });
    this.#actions = {
      quote: onQuote,
      edit: onEdit,
      correct: (message) => this.#correct(message),
      regenerate: run("chat.regenerate"),
      goOn: run("chat.continue"),
      show: run("chat.show"),
      remove: (message) => this.#remove(message),
    };
    this.#jump.hidden = true;
    addEventListener("scroll", () => this.#look(), { signal, passive: true });
    this.#list.addEventListener("rendered", () => this.#keep(), { signal });
    const growth = new ResizeObserver(() => this.#keep());
    growth.observe(this.#list);
    growth.observe(below);
    signal.addEventListener("abort", () => growth.disconnect());
  }

  /** After a change of the message `id`, or of anything. */
  update(id = null) {
    const branch = this.#conversation.branch;
    this.#empty.hidden = branch.length > 0;
    if (id === null || !this.#views.has(id)) this.#place(branch);
    const changed = id === null ? branch : branch.filter((message) => message.id === id);
    for (const message of changed) {
      this.#views.get(message.id).update(message, {
        siblings: this.#conversation.siblings(message),
        quoted: message.reply_to === null ? null : this.#conversation.get(message.reply_to),
        isLast: message === branch.at(-1),
      });
    }
    this.#keep();
  }

  /** An answer has ended: said to those who do not see it. */
  announceEnd(message) {
    announce(message.response.status === "Error" ? "The answer has failed." : "The answer is complete.");
  }

  toEnd() {
    this.#stays = true;
    this.#keep();
  }

  /** The newest message of one's own that is shown. */
  get lastOwn() {
    return this.#conversation.branch.findLast(({ sender, is_deleted: gone }) => sender === "user" && !gone);
  }

  #place(branch) {
    const views = new Map(branch.map(({ id }) => [id, this.#views.get(id) ?? messageView(this.#actions)]));
    for (const [id, view] of this.#views) {
      if (views.has(id)) continue;
      view.dispose();
      view.element.remove();
    }
    this.#views = views;
    let before = null;
    for (const { element } of views.values()) {
      if (element.previousElementSibling !== before || !element.isConnected) {
        if (before) before.after(element);
        else this.#list.prepend(element);
      }
      before = element;
    }
  }

  dispose() {
    for (const view of this.#views.values()) view.dispose();
  }

  #keep() {
    if (this.#stays) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    this.#look();
  }

  #look() {
    const left = document.documentElement.scrollHeight - innerHeight - scrollY;
    this.#stays = left < NEAR_PX;
    this.#jump.hidden = this.#stays;
  }

  async #run(type, data) {
    try {
      return await stentor.command(type, data);
    } catch (error) {
      toastProblem(error);
      return null;
    }
  }

  #remove(message) {
    confirmDialog({
      title: "Delete this message?",
      text: "Its words are taken away for good; what was said after it stays.",
      label: "Delete",
      work: () => stentor.command("chat.mark_deleted", { message_id: message.id }),
    });
  }

  #correct(message) {
    const input = h("textarea", { class: "input", rows: "6", "aria-label": "Message", maxlength: "32000" });
    input.value = message.content;
    const save = button({ label: "Save", kind: "primary", type: "submit" });
    const cancel = button({ label: "Cancel", onClick: () => dialog.close() });
    const hint = h("p", { class: "field-hint" }, "The answer stays as it is. To have it answered anew, say it differently.");
    const form = h("form", { class: "form" }, input, hint, h("div", { class: "dialog-actions" }, cancel, save));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await busy(save, () => stentor.command("chat.edit_message", { message_id: message.id, content: input.value }));
        dialog.close();
      } catch (error) {
        toastProblem(error);
      }
    });
    const dialog = openDialog({ title: "Correct this message", content: form });
    input.focus();
  }
}
