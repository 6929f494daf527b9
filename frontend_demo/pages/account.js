// The account page: who you are, your password, your API keys.

import { card } from "../components/basics.js";
import { keysCard } from "../components/keys-card.js";
import { passwordCard } from "../components/password-card.js";
import { fill, h } from "../dom.js";
import { session } from "../session.js";
import { Page } from "./page.js";

class AccountPage extends Page {
  start() {
    const own = h("div", { class: "form" }, factsCard(), passwordCard());
    const columns = h("div", { class: "columns" }, own, keysCard(this.signal));
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
  return card("You", {}, h("dl", { class: "facts card-body" }, rows));
}

customElements.define("page-account", AccountPage);

export default "page-account";
