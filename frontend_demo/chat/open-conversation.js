// <st-conversation>: one conversation, or one that has not begun: its head, its messages, and the input.

import { button, errorState, skeleton } from "../components/basics.js";
import { confirmDialog } from "../components/dialog.js";
import { menu } from "../components/menu.js";
import { editableTitle } from "../components/title-edit.js";
import { toast, toastProblem } from "../components/toast.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Draft } from "./draft.js";
import { loadModels, modelSelect, optionsDialog, quotaWords } from "./options.js";
import { Thread } from "./thread.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { go } from "../router.js";
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
  #title = editableTitle((title) => this.#change({ title }));
  #model = button({ label: "Model", kind: "quiet", onClick: () => this.#choose(), hidden: true });
  #actions = h("div", { class: "actions" });
  #head = h("div", { class: "chat-head" });
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
    this.#model.classList.add("chat-model");
    this.classList.replace("page", "chat-main"); // it is a part of one
    const back = h("a", { class: "button button-quiet button-icon chat-back", href: "/chat", "aria-label": "All conversations" }, "‹");
    fill(this.#head, back, this.#title.element, this.#model, this.#actions);
    fill(this, this.#head, this.#state, this.#welcome, this.#thread.element, this.#composer.element);
    this.#title.set(this.#id === null ? "Chat" : "Conversation", false);
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
    const { title, status, model_version: model } = this.#conversation.details;
    this.#title.set(title || "New conversation", status === "Active");
    document.title = `${title || "Chat"} · Stentor`;
    const usual = this.#offered.default || this.#offered.engine?.model || this.#offered.engine?.name || "";
    setText(this.#model.firstChild, model || usual || "Model");
    this.#model.title = "How the model answers";
    this.#model.hidden = false;
    this.#showActions(status);
  }

  #showActions(status) {
    if (this.#actions.dataset.status === status) return;
    this.#actions.dataset.status = status;
    const file = (ending, label) => ({ label, sign: "file", href: `/api/conversations/${this.#id}/export/${ending}`, download: true });
    const take = menu(
      button({ label: "Download", sign: "download", kind: "outline", iconOnly: true }),
      () => [file("md", "Markdown (.md), this branch"), file("json", "Data (.json), all branches")],
    );
    const restore = button({ label: "Restore", sign: "history", kind: "outline", onClick: () => this.#change({ status: "Active" }).catch(toastProblem) });
    const remove = button({ label: "Delete", sign: "trash", kind: "outline", iconOnly: true, onClick: () => this.#remove() });
    fill(this.#actions, take, status === "Deleted" ? restore : remove);
  }

  #remove() {
    confirmDialog({
      title: "Delete this conversation?",
      text: "It leaves the list. Under “Deleted” it can be found and restored.",
      label: "Delete",
      work: async () => {
        await this.#change({ status: "Deleted" });
        go("/chat");
        toast("The conversation is deleted.", { action: { label: "Undo", run: () => this.#restore() } });
      },
    });
  }

  async #restore() {
    const id = this.#id;
    await this.#change({ status: "Active" }).catch(toastProblem);
    go(`/chat/${id}`);
  }

  #change(changes) {
    return stentor.command("chat.update", { conversation_id: this.#id, ...changes });
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
      if (this.#id !== null) await this.#change(values);
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
    this.#draft?.sent();
    this.#thread.toEnd();
    if (this.#id === null && Object.entries(NOTHING).every(([name, usual]) => this.#wishes[name] === usual)) {
      const { id } = await stentor.command("chat.start", { content }, { key });
      return go(`/chat/${id}`, { replace: true });
    }
    const isNew = this.#id === null;
    const attachments = [...this.#conversation.attachments.keys()];
    const asked = { conversation_id: await this.#begun(), content, reply_to: quoted?.id ?? null, attachments };
    await stentor.command("chat.send", asked, { key });
    if (isNew) go(`/chat/${this.#id}`, { replace: true });
    return undefined;
  }

  /** The id of the conversation; begins one where there is none yet. */
  async #begun() {
    if (this.#id === null) {
      const { id } = await stentor.command("chat.create", this.#wishes);
      this.#id = id;
      // The page goes on as that of the conversation: what is being written and attached stays.
      history.replaceState(null, "", `/chat/${id}`);
      this.#welcome.hidden = true;
      this.#thread.element.hidden = false;
      this.dispatchEvent(new CustomEvent("begun", { detail: id }));
      this.#ready = true;
      this.#follow();
      this.#draft.typed(this.#composer.content);
    }
    return this.#id;
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

  #onEscape(event) {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) this.#stop();
  }
}

customElements.define("st-conversation", OpenConversation);
