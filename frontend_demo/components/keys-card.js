// The card with a user's API keys: make one, see it once, revoke it.

import { Problem, call } from "../api.js";
import { copy } from "../clipboard.js";
import { fill, h } from "../dom.js";
import { moment } from "../format.js";
import { badge, busy, button, card, check, emptyState, errorState } from "./basics.js";
import { field, notice, skeleton, spreadErrors } from "./basics.js";
import { confirmDialog, openDialog } from "./dialog.js";

const SCOPES = [
  ["speech", "Speech", "Upload recordings, read transcripts."],
  ["jobs", "Jobs", "See, cancel and repeat jobs."],
];

/** The card; its requests end with `signal`. */
export function keysCard(signal) {
  const list = h("div", {}, skeleton(3));
  const load = async () => {
    try {
      const keys = await call("GET", "/api/keys", { signal });
      fill(list, keys.length ? h("ul", { class: "rows" }, keys.map((key) => keyRow(key, load))) : nothing());
    } catch (error) {
      if (!signal.aborted) fill(list, errorState(error, load));
    }
  };
  load();
  const create = button({
    label: "New key",
    sign: "key",
    kind: "primary",
    onClick: () => createDialog(load),
  });
  return card("API keys", { action: create }, list);
}

function nothing() {
  return emptyState({
    sign: "key",
    title: "No API keys",
    text: "A program signs in with a key instead of a password. Send it as the header X-API-KEY.",
  });
}

function keyRow(key, reload) {
  const used = key.last_used_at ? ` · used ${moment(key.last_used_at)}` : "";
  const revoke = button({
    label: "Revoke",
    "aria-label": `Revoke ${key.name}`,
    kind: "outline",
    onClick: () => confirmRevoke(key, reload),
  });
  return h(
    "li",
    { class: "row row-stack" },
    h(
      "div",
      {},
      h("p", { class: "row-title" }, key.name),
      h("p", { class: "row-meta" }, h("code", {}, `${key.prefix}…`), `made ${moment(key.created_at)}${used}`),
    ),
    h("div", { class: "job-side" }, key.scopes.map((scope) => badge(scope)), revoke),
  );
}

function confirmRevoke(key, reload) {
  confirmDialog({
    title: `Revoke “${key.name}”?`,
    text: "Programs that use this key are refused from now on.",
    label: "Revoke",
    work: async () => {
      await call("DELETE", `/api/keys/${key.id}`);
      await reload();
    },
  });
}

function createDialog(reload) {
  const form = new KeyForm((key) => {
    dialog.close();
    showOnce(key, reload);
  });
  const dialog = openDialog({ title: "New API key", content: form.element });
  form.focus();
}

class KeyForm {
  #name = field({
    label: "Name",
    input: h("input", { maxlength: "100", required: true, placeholder: "Nightly upload" }),
    hint: "So that you recognise it later.",
  });
  #scopes = SCOPES.map(([scope, label, hint]) => ({ scope, ...check({ label, hint }) }));
  #message = h("div", { role: "alert" });
  #make = button({ label: "Create the key", kind: "primary", type: "submit" });

  /** `onMade(key)` is called with the new key. */
  constructor(onMade) {
    this.onMade = onMade;
    for (const { input } of this.#scopes) input.checked = true;
  }

  get element() {
    const legend = h("legend", { class: "field-label" }, "What it may do");
    return h(
      "form",
      { class: "form", novalidate: true, on: { submit: (event) => this.#send(event) } },
      this.#message,
      this.#name.element,
      h("fieldset", {}, legend, this.#scopes.map((one) => one.element)),
      h("div", { class: "dialog-actions" }, this.#make),
    );
  }

  focus() {
    this.#name.input.focus();
  }

  async #send(event) {
    event.preventDefault();
    const name = this.#name.input.value.trim();
    this.#name.setError(name ? "" : "Give the key a name.");
    if (!name) return;
    const scopes = this.#scopes.filter(({ input }) => input.checked).map(({ scope }) => scope);
    try {
      const made = await busy(this.#make, () => call("POST", "/api/keys", { json: { name, scopes } }));
      this.onMade(made.key);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const rest = spreadErrors(problem, { name: this.#name });
      if (rest) fill(this.#message, notice(rest, "danger"));
    }
  }
}

/** The key itself: the server keeps only a hash, so this is the one chance to copy it. */
function showOnce(key, reload) {
  const take = button({ label: "Copy", sign: "copy", kind: "primary", onClick: () => copy(key, "The key") });
  const warning = notice("Copy it now: it is shown this once and cannot be read again.", "warn");
  openDialog({
    title: "Your new key",
    content: [warning, h("div", { class: "secret" }, h("code", {}, key), take)],
    onClose: reload,
  });
}
