// The dialog that shares something with somebody, and takes that back.

import { Problem, call } from "../api.js";
import { fill, h } from "../dom.js";
import { busy, button, field } from "./basics.js";
import { openDialog } from "./dialog.js";
import { toast, toastProblem } from "./toast.js";

const TRANSCRIPT = {
  what: "transcript",
  note: "People you share with can read and hear it, live. They cannot change or delete it.",
  change: (id, shares, json) => call(shares ? "POST" : "DELETE", `/api/transcripts/${id}/share`, { json }),
};

/**
 * Open it for something that has `id` and `shared_with`; `onChange(it)` is called with its new state. `kind`: what it
 * is called, what sharing means, and `change(id, shares, {user})`, which gives its new state.
 */
export function shareDialog(thing, onChange, kind = TRANSCRIPT) {
  new Sharing(thing, onChange, kind).open();
}

class Sharing {
  #people = h("ul");
  #add = button({ label: "Share", kind: "primary", type: "submit" });
  #who = field({
    label: "Username or email",
    input: h("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false" }),
  });

  constructor(thing, onChange, kind) {
    this.thing = thing;
    this.onChange = onChange;
    this.kind = kind;
  }

  open() {
    const actions = h("div", { class: "form-actions" }, this.#add);
    const form = h("form", { class: "form", on: { submit: (event) => this.#send(event) } }, this.#who.element, actions);
    this.#show(this.thing.shared_with);
    const content = [form, this.#people, h("p", { class: "muted small" }, this.kind.note)];
    openDialog({ title: `Share this ${this.kind.what}`, content });
    this.#who.input.focus();
  }

  #show(names) {
    const nobody = h("li", { class: "muted" }, "Nobody else can see it yet.");
    fill(this.#people, names.length ? names.map((name) => this.#person(name)) : nobody);
  }

  #person(name) {
    const remove = button({ label: "Stop sharing", "aria-label": `Stop sharing with ${name}`, kind: "outline" });
    remove.addEventListener("click", () => this.#change(remove, false, name).catch(toastProblem));
    return h("li", { class: "person" }, h("strong", {}, name), remove);
  }

  async #change(pressed, shares, user) {
    const fresh = await busy(pressed, () => this.kind.change(this.thing.id, shares, { user }));
    this.#show(fresh.shared_with);
    this.onChange(fresh);
  }

  async #send(event) {
    event.preventDefault();
    const { input, setError } = this.#who;
    const user = input.value.trim();
    setError(user ? "" : "Whom do you want to share it with?");
    if (!user) return;
    try {
      await this.#change(this.#add, true, user);
      toast(`Shared with ${user}.`);
      input.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setError(error.message);
    }
    input.focus();
  }
}
