// The head of a conversation: its title, its model, and what can be done with the whole of it.

import { button } from "../components/basics.js";
import { confirmDialog } from "../components/dialog.js";
import { menu } from "../components/menu.js";
import { editableTitle } from "../components/title-edit.js";
import { toast, toastProblem } from "../components/toast.js";
import { fill, h, setText } from "../dom.js";
import { stentor } from "../feed.js";
import { go } from "../router.js";

/** Store changes of a conversation's details. */
export function changeConversation(id, changes) {
  return stentor.command("chat.update", { conversation_id: id, ...changes });
}

/** `{element, update(details, usual)}`; `usual` is the model that answers unless another is chosen. */
export class ConversationHead {
  #id = null;
  #title = editableTitle((title) => changeConversation(this.#id, { title }));
  #model;
  #actions = h("div", { class: "actions" });
  element;

  /** `onChoose()` lets the reader choose how the model answers. */
  constructor({ title, onChoose }) {
    this.#model = button({ label: "Model", kind: "quiet", onClick: onChoose, hidden: true, title: "How the model answers" });
    this.#model.classList.add("chat-model");
    this.#title.set(title, false);
    const back = h("a", { class: "button button-quiet button-icon chat-back", href: "/chat", "aria-label": "All conversations" }, "‹");
    this.element = h("div", { class: "chat-head" }, back, this.#title.element, this.#model, this.#actions);
  }

  update({ id, title, status, model_version: model }, usual) {
    this.#id = id;
    this.#title.set(title || "New conversation", status === "Active");
    document.title = `${title || "Chat"} · Stentor`;
    setText(this.#model.firstChild, model || usual || "Model");
    this.#model.hidden = false;
    this.#showActions(status);
  }

  #showActions(status) {
    if (this.#actions.dataset.status === status) return;
    this.#actions.dataset.status = status;
    const address = `/api/conversations/${this.#id}/export`;
    const file = (ending, label) => ({ label, sign: "file", href: `${address}/${ending}`, download: true });
    const take = menu(
      button({ label: "Download", sign: "download", kind: "outline", iconOnly: true }),
      () => [file("md", "Markdown (.md), this branch"), file("json", "Data (.json), all branches")],
    );
    const outline = { kind: "outline" };
    const back = button({ ...outline, label: "Restore", sign: "history", onClick: () => restore(this.#id) });
    const away = button({ ...outline, label: "Delete", sign: "trash", iconOnly: true, onClick: () => remove(this.#id) });
    fill(this.#actions, take, status === "Deleted" ? back : away);
  }
}

function remove(id) {
  confirmDialog({
    title: "Delete this conversation?",
    text: "It leaves the list. Under “Deleted” it can be found and restored.",
    label: "Delete",
    work: async () => {
      await changeConversation(id, { status: "Deleted" });
      go("/chat");
      toast("The conversation is deleted.", { action: { label: "Undo", run: () => restore(id) } });
    },
  });
}

async function restore(id) {
  try {
    await changeConversation(id, { status: "Active" });
    if (location.pathname !== `/chat/${id}`) go(`/chat/${id}`);
  } catch (error) {
    toastProblem(error);
  }
}
