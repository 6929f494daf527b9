// <st-conversation>: one conversation, or one that has not begun: its head, its messages, and the input.

import { button, errorState, skeleton } from "../components/basics.js";
import { toastProblem } from "../components/toast.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Draft } from "./draft.js";
import { changeConversation, ConversationHead } from "./head.js";
import { loadModels, modelSelect, optionsDialog, quotaWords } from "./options.js";
import { Thread } from "./thread.js";
import { fill, h } from "../dom.js";
import { stentor } from "../feed.js";
import { go, rewrite } from "../router.js";
import { Page } from "../pages/page.js";

const NOTHING = { model_version: "", system_prompt: "", temperature: null, max_tokens: null };

/** Set `params.id`, null for a new one, before it enters the page. Event: "begun" (detail: the id it has got). */
export class OpenConversation extends Page {
  #id = null;
  #conversation = new Conversation();
  #thread;
  #composer;
  #draft = null;
  #topic = null;
  #offered = { models: [], default: "", engine: null, quota: null };
  /** How a conversation is to answer that has not begun. */
  #wishes = NOTHING;
  #ready = false;
  #beginning = null;
  #head;
  #state = h("div", {});
  #welcome = h("div", { class: "chat-welcome", hidden: true });

  start() {
    this.#id = this.params.id;
    this.#composer = new Composer(this.#doings(), this.signal);
    this.#thread = new Thread(this.#conversation, {
      onQuote: (message) => this.#composer.quote(message),
      onEdit: (message) => this.#composer.edit(message),
      below: this.#composer.element,
      signal: this.signal,
    });
    this.classList.replace("page", "chat-main"); // it is a part of one
    const title = this.#id === null ? "Chat" : "Conversation";
    this.#head = new ConversationHead({ title, onChoose: () => this.#choose() });
    fill(this, this.#head.element, this.#state, this.#welcome, this.#thread.element, this.#composer.element);
    this.listen(document, "keydown", (event) => this.#onEscape(event));
    this.signal.addEventListener("abort", () => this.#leave());
    if (this.#id === null) this.#begin();
    else this.#follow();
    this.#loadModels();
  }

  takeFiles(files) {
    this.#composer.takeFiles(files);
  }

  #leave() {
    this.#topic?.close();
    this.#draft?.dispose();
    this.#thread.dispose();
  }

  #begin() {
    this.#thread.element.hidden = true;
    this.#welcome.hidden = false;
    this.#showWelcome();
    this.#invite();
  }

  /** On a touch screen the keyboard would hide half of the page. */
  #invite() {
    if (matchMedia("(pointer: fine)").matches) requestAnimationFrame(() => this.#composer.focus());
  }

  #showWelcome() {
    const select = modelSelect(this.#offered, this.#wishes.model_version);
    select.setAttribute("aria-label", "Model");
    select.addEventListener("change", () => {
      this.#wishes = { ...this.#wishes, model_version: select.value };
    });
    const more = button({ label: "More choices", kind: "outline", onClick: () => this.#choose() });
    const reason = this.#offered.engine?.reason;
    fill(
      this.#welcome,
      h("h2", {}, "What do you want to know?"),
      h("p", {}, "Ask anything, attach texts or transcripts, or speak. Answers go on when you close the page."),
      h("div", { class: "chat-choices" }, select, more),
      reason && h("p", { class: "muted small" }, reason),
      h("p", { class: "muted small" }, quotaWords(this.#offered)),
    );
  }

  #follow() {
    this.#draft = new Draft(this.#id, {
      onWords: (text) => {
        this.#composer.content = text;
      },
      onTyping: (is) => {
        this.#composer.typingElsewhere = is;
      },
    });
    fill(this.#state, skeleton());
    this.#topic = stentor.subscribe(`conversation:${this.#id}`, {
      onSnapshot: (data) => this.#reset(data),
      onEvent: (event) => this.#take(event),
      onClosed: (error) => error && this.#lost(error),
    });
  }

  #lost(error) {
    this.#thread.element.hidden = this.#composer.element.hidden = true;
    fill(this.#state, errorState(error, null));
  }

  #reset(data) {
    fill(this.#state);
    const first = !this.#ready;
    this.#ready = true;
    this.#conversation.reset(data);
    if (first) {
      this.#composer.content = this.#conversation.draft;
      this.#invite();
    }
    this.#thread.update();
    this.#showDetails();
    this.#showComposer();
  }

  #take(event) {
    const before = this.#conversation.generating;
    const id = this.#conversation.take(event);
    if (event.event === "draft") {
      this.#draft.take(event.data);
      return;
    }
    if (event.event === "details") this.#showDetails();
    if (event.event !== "delta") this.#showComposer();
    if (!event.event.startsWith("attachment")) this.#thread.update(id);
    const ended = before && !this.#conversation.generating && this.#conversation.get(before.id);
    if (ended?.response) this.#thread.announceEnd(ended);
  }

  #showComposer() {
    this.#composer.generating = Boolean(this.#conversation.generating);
    this.#composer.attachments = [...this.#conversation.attachments.values()];
    this.#composer.element.hidden = this.#conversation.details.status === "Deleted";
  }

  #showDetails() {
    const { default: usual, engine } = this.#offered;
    this.#head.update(this.#conversation.details, usual || engine?.model || engine?.name);
  }

  async #loadModels() {
    try {
      this.#offered = await loadModels();
    } catch (error) {
      if (!this.signal.aborted) toastProblem(error);
      return;
    }
    if (this.#id === null) this.#showWelcome();
    else if (this.#conversation.details) this.#showDetails();
  }

  #choose() {
    const details = this.#conversation.details ?? this.#wishes;
    optionsDialog(details, this.#offered, async (values) => {
      if (this.#id !== null) await changeConversation(this.#id, values);
      else {
        this.#wishes = values;
        this.#showWelcome();
      }
    });
  }

  #doings() {
    return {
      send: (message) => this.#send(message),
      stop: () => this.#stop(),
      typed: (content) => this.#draft?.typed(content),
      attachTo: () => this.#begun(),
      attach: async (reference) => stentor.command("chat.attach", { conversation_id: await this.#begun(), reference }),
      attached: (attachment) => this.#attached(attachment),
      detach: (attachment) => this.#detach(attachment),
      editLast: () => this.#thread.lastOwn && this.#composer.edit(this.#thread.lastOwn),
    };
  }

  async #send({ content, quoted, edited, key }) {
    if (edited) return stentor.command("chat.branch", { message_id: edited.id, content }, { key });
    this.#thread.toEnd();
    if (this.#id === null && Object.entries(NOTHING).every(([name, usual]) => this.#wishes[name] === usual)) {
      const { id } = await stentor.command("chat.start", { content }, { key });
      return go(`/chat/${id}`, { replace: true });
    }
    const conversation = await this.#begun();
    this.#draft.sent();
    const attachments = [...this.#conversation.attachments.keys()];
    const asked = { conversation_id: conversation, content, reply_to: quoted?.id ?? null, attachments };
    return stentor.command("chat.send", asked, { key });
  }

  /** The id of the conversation; begins one where there is none yet. */
  async #begun() {
    if (this.#id === null) await (this.#beginning ??= this.#create());
    return this.#id;
  }

  async #create() {
    try {
      this.#id = (await stentor.command("chat.create", this.#wishes)).id;
    } finally {
      this.#beginning = null;
    }
    // The page goes on as that of the conversation: what is being written and attached stays.
    rewrite(`/chat/${this.#id}`);
    this.#welcome.hidden = true;
    this.#thread.element.hidden = false;
    this.dispatchEvent(new CustomEvent("begun", { detail: this.#id }));
    this.#ready = true;
    this.#follow();
    this.#draft.typed(this.#composer.content);
  }

  #attached(attachment) {
    this.#conversation.take({ event: "attachment", data: attachment });
    this.#showAttachments();
  }

  #showAttachments() {
    this.#composer.attachments = [...this.#conversation.attachments.values()];
  }

  async #detach({ id }) {
    try {
      await stentor.command("chat.detach", { conversation_id: this.#id, attachment_id: id });
      this.#conversation.take({ event: "attachment_removed", data: { id } });
      this.#showAttachments();
    } catch (error) {
      toastProblem(error);
    }
  }

  async #stop() {
    const answer = this.#conversation.generating;
    if (!answer) return;
    try {
      await stentor.command("chat.stop", { message_id: answer.id });
    } catch (error) {
      toastProblem(error);
    }
  }

  /** Escape stops the answer, unless it means something else where the reader is. */
  #onEscape({ key, target, defaultPrevented }) {
    if (key !== "Escape" || defaultPrevented || document.querySelector("dialog[open]")) return;
    const isHere = target === document.body || (this.contains(target) && !target.closest(".title-edit"));
    if (isHere) this.#stop();
  }
}

customElements.define("st-conversation", OpenConversation);
