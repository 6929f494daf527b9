// The dialog that shares a transcript with somebody, and takes that back.

import { Problem, call } from "../api.js";
import { fill, h } from "../dom.js";
import { busy, button, field } from "./basics.js";
import { openDialog } from "./dialog.js";
import { toast, toastProblem } from "./toast.js";

/** Open it for a transcript; `onChange(transcript)` is called with its new state. */
export function shareDialog(transcript, onChange) {
  const address = `/api/transcripts/${transcript.id}/share`;
  const people = h("ul");
  const who = field({
    label: "Username or email",
    input: h("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false" }),
  });
  const add = button({ label: "Share", kind: "primary", type: "submit" });

  const show = (names) => fill(
    people,
    names.length ? names.map(person) : h("li", { class: "muted" }, "Nobody else can see it yet."),
  );
  const change = async (pressed, method, user) => {
    const answer = await busy(pressed, () => call(method, address, { json: { user } }));
    const fresh = answer?.shared_with ? answer : await call("GET", `/api/transcripts/${transcript.id}`);
    show(fresh.shared_with);
    onChange(fresh);
  };
  const person = (name) => {
    const remove = button({
      label: "Stop sharing",
      "aria-label": `Stop sharing with ${name}`,
      kind: "outline",
    });
    remove.addEventListener("click", () => change(remove, "DELETE", name).catch(toastProblem));
    return h("li", { class: "person" }, h("strong", {}, name), remove);
  };
  const send = async (event) => {
    event.preventDefault();
    const user = who.input.value.trim();
    who.setError(user ? "" : "Whom do you want to share it with?");
    if (!user) return;
    try {
      await change(add, "POST", user);
      toast(`Shared with ${user}.`);
      who.input.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      who.setError(error.message);
    }
    who.input.focus();
  };
  show(transcript.shared_with);
  const form = h(
    "form",
    { class: "form", on: { submit: send } },
    who.element,
    h("div", { class: "form-actions" }, add),
  );
  const note = h(
    "p",
    { class: "muted small" },
    "People you share with can read and hear it, live. They cannot change or delete it.",
  );
  openDialog({ title: "Share this transcript", content: [form, people, note] });
  who.input.focus();
}
