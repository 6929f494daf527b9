// The account page: who you are, your password, your API keys.

import { Problem, call } from "../api.js";
import { busy, button, field, notice, spreadErrors } from "../components/basics.js";
import { keysCard } from "../components/keys-card.js";
import { toast } from "../components/toast.js";
import { fill, h } from "../dom.js";
import { session } from "../session.js";
import { Page } from "./page.js";

class AccountPage extends Page {
  start() {
    const columns = h(
      "div",
      { class: "columns" },
      h("div", { class: "form" }, factsCard(), passwordCard()),
      keysCard(this.signal),
    );
    fill(this, h("div", { class: "page-head" }, h("h1", {}, "Account")), columns);
  }
}

function factsCard() {
  const { username, email, cuid, groups } = session.user;
  const facts = [
    ["Username", username],
    ["Email", email],
    ["Client id (cuid)", cuid],
    ["Groups", groups?.join(", ")],
  ];
  const rows = facts.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h(
    "section",
    { class: "card", "aria-label": "You" },
    h("div", { class: "card-head" }, h("h2", {}, "You")),
    h("dl", { class: "facts card-body" }, rows),
  );
}

function passwordCard() {
  const secret = (label, autocomplete, hint) => field({
    label,
    hint,
    input: h("input", { type: "password", autocomplete, required: true }),
  });
  const old = secret("Password now", "current-password");
  const fresh = secret("New password", "new-password", "At least 8 characters, and not a common one.");
  const again = secret("New password again", "new-password");
  const message = h("div", { role: "alert" });
  const store = button({ label: "Change the password", kind: "primary", type: "submit" });
  const all = [old, fresh, again];

  const complete = () => {
    old.setError(old.input.value ? "" : "Enter the password that you have now.");
    fresh.setError(fresh.input.value ? "" : "Enter a new password.");
    again.setError(again.input.value === fresh.input.value ? "" : "The two new passwords differ.");
    return all.every((one) => !one.input.getAttribute("aria-invalid"));
  };
  const send = async (event) => {
    event.preventDefault();
    fill(message);
    if (!complete()) return;
    try {
      const change = () => call("POST", "/api/password", { json: { old: old.input.value, new: fresh.input.value } });
      await busy(store, () => session.changing(change));
      event.target.reset();
      toast("The password is changed.");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const rest = spreadErrors(problem, { old, new: fresh });
      if (rest) fill(message, notice(rest, "danger"));
    }
  };
  // The hidden name lets a password manager store the new password with the right account.
  const name = h(
    "input",
    { type: "text", autocomplete: "username", value: session.user.username, hidden: true, readonly: true },
  );
  const form = h(
    "form",
    { class: "form card-body", novalidate: true, on: { submit: send } },
    name,
    message,
    all.map((one) => one.element),
    h("div", { class: "form-actions" }, store),
  );
  return h(
    "section",
    { class: "card", "aria-label": "Password" },
    h("div", { class: "card-head" }, h("h2", {}, "Password")),
    form,
  );
}

customElements.define("page-account", AccountPage);

export default "page-account";
