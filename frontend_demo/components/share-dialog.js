// The dialog that shares a transcript with somebody, and takes that back.

import { Problem, call } from "../api.js";
import { fill, h } from "../dom.js";
import { busy, button, field } from "./basics.js";
import { openDialog } from "./dialog.js";
import { toast, toastProblem } from "./toast.js";

const NOTE = "People you share with can read and hear it, live. They cannot change or delete it.";

/** Open it for a transcript; `onChange(transcript)` is called with its new state. */
export function shareDialog(transcript, onChange) {
  new Sharing(transcript, onChange).open();
}

class Sharing {
  #people = h("ul");
  #add = button({ label: "Share", kind: "primary", type: "submit" });
  #who = field({
    label: "Username or email",
    input: h("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false" }),
  });

  constructor(transcript, onChange) {
    this.transcript = transcript;
    this.onChange = onChange;
  }

  open() {
    const actions = h("div", { class: "form-actions" }, this.#add);
    const form = h("form", { class: "form", on: { submit: (event) => this.#send(event) } }, this.#who.element, actions);
    this.#show(this.transcript.shared_with);
    const content = [form, this.#people, h("p", { class: "muted small" }, NOTE)];
    openDialog({ title: "Share this transcript", content });
    this.#who.input.focus();
  }

  #show(names) {
    const nobody = h("li", { class: "muted" }, "Nobody else can see it yet.");
    fill(this.#people, names.length ? names.map((name) => this.#person(name)) : nobody);
  }

  #person(name) {
    const remove = button({ label: "Stop sharing", "aria-label": `Stop sharing with ${name}`, kind: "outline" });
    remove.addEventListener("click", () => this.#change(remove, "DELETE", name).catch(toastProblem));
    return h("li", { class: "person" }, h("strong", {}, name), remove);
  }

  async #change(pressed, method, user) {
    const address = `/api/transcripts/${this.transcript.id}/share`;
    const fresh = await busy(pressed, () => call(method, address, { json: { user } }));
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
      await this.#change(this.#add, "POST", user);
      toast(`Shared with ${user}.`);
      input.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setError(error.message);
    }
    input.focus();
  }
}
