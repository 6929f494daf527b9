// The card that changes the password.

import { Problem, call } from "../api.js";
import { fill, h } from "../dom.js";
import { session } from "../session.js";
import { busy, button, card, field, notice, spreadErrors } from "./basics.js";
import { toast } from "./toast.js";

export function passwordCard() {
  return new PasswordForm().card;
}

class PasswordForm {
  #old = secret("Password now", "current-password");
  #fresh = secret("New password", "new-password", "At least 8 characters, and not a common one.");
  #again = secret("New password again", "new-password");
  #message = h("div", { role: "alert" });
  #store = button({ label: "Change the password", kind: "primary", type: "submit" });

  get card() {
    const looks = { class: "form card-body", novalidate: true };
    const form = h(
      "form",
      { ...looks, on: { submit: (event) => this.#send(event) } },
      accountName(),
      this.#message,
      this.#fields.map((one) => one.element),
      h("div", { class: "form-actions" }, this.#store),
    );
    return card("Password", {}, form);
  }

  get #fields() {
    return [this.#old, this.#fresh, this.#again];
  }

  async #send(event) {
    event.preventDefault();
    fill(this.#message);
    if (!this.#complete()) return;
    const json = { old: this.#old.input.value, new: this.#fresh.input.value };
    try {
      await busy(this.#store, () => session.changing(() => call("POST", "/api/password", { json })));
      for (const { input } of this.#fields) input.value = "";
      toast("The password is changed.");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const rest = spreadErrors(problem, { old: this.#old, new: this.#fresh });
      if (rest) fill(this.#message, notice(rest, "danger"));
    }
  }

  #complete() {
    const [old, fresh, again] = this.#fields.map(({ input }) => input.value);
    this.#old.setError(old ? "" : "Enter the password that you have now.");
    this.#fresh.setError(fresh ? "" : "Enter a new password.");
    this.#again.setError(again === fresh ? "" : "The two new passwords differ.");
    return old && fresh && again === fresh;
  }
}

function secret(label, autocomplete, hint) {
  return field({ label, hint, input: h("input", { type: "password", autocomplete, required: true }) });
}

/** Hidden; it lets a password manager store the new password with the right account. */
function accountName() {
  const value = session.user.username;
  return h("input", { type: "text", autocomplete: "username", value, hidden: true, readonly: true });
}
