// The sign-in page.

import { busy, button, field, notice } from "../components/basics.js";
import { fill, h } from "../dom.js";
import { duration } from "../format.js";
import { mark } from "../icons.js";
import { session } from "../session.js";
import { Page } from "./page.js";

class LoginPage extends Page {
  #name = field({
    label: "Username or email",
    input: h(
      "input",
      {
        name: "username",
        autocomplete: "username",
        autocapitalize: "none",
        spellcheck: "false",
        required: true,
      },
    ),
  });
  #password = passwordField();
  #message = h("div", { role: "alert" });
  #submit = button({ label: "Sign in", kind: "primary", type: "submit" });

  start() {
    this.classList.replace("page", "login");
    const form = h(
      "form",
      { class: "form", novalidate: true, on: { submit: (event) => this.#send(event) } },
      h(
        "div",
        {},
        h("h1", {}, "Sign in"),
        h("p", { class: "muted" }, "Transcripts and jobs are yours alone until you share them."),
      ),
      this.#message,
      this.#name.element,
      this.#password.element,
      this.#submit,
    );
    fill(this, side(), h("main", { class: "login-form", id: "main" }, form));
    if (session.reason) fill(this.#message, notice(session.reason));
    this.#name.input.focus();
  }

  async #send(event) {
    event.preventDefault();
    if (this.#incomplete()) return;
    try {
      await busy(
        this.#submit,
        () => session.signIn(this.#name.input.value.trim(), this.#password.input.value),
      );
    } catch (problem) {
      fill(this.#message, notice(explain(problem), "danger"));
      this.#password.input.select();
      this.#password.input.focus();
    }
  }

  #incomplete() {
    this.#name.setError(this.#name.input.value.trim() ? "" : "Enter your username or your email address.");
    this.#password.setError(this.#password.input.value ? "" : "Enter your password.");
    const first = [this.#name, this.#password].find((one) => one.input.getAttribute("aria-invalid"));
    first?.input.focus();
    return Boolean(first);
  }
}

function side() {
  return h(
    "aside",
    { class: "login-side", "aria-label": "About Stentor" },
    h("p", { class: "brand" }, mark(), "Stentor"),
    h("p", { class: "login-claim" }, "Speech becomes text ", h("em", {}, "while it is heard")),
    h(
      "p",
      { class: "small" },
      "Drop a recording and watch the words come. Close the laptop, come back: nothing is missed.",
    ),
  );
}

function passwordField() {
  const input = h(
    "input",
    { type: "password", name: "password", autocomplete: "current-password", required: true },
  );
  const eye = button({
    label: "Show the password",
    kind: "quiet",
    iconOnly: true,
    sign: "eye",
    "aria-pressed": "false",
  });
  eye.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
  });
  return field({ label: "Password", input, row: h("div", { class: "field-row" }, input, eye) });
}

function explain(problem) {
  if (problem.code === "locked_out") {
    const wait = problem.retryAfter ? `in ${duration(problem.retryAfter)}` : "in a few minutes";
    return `Too many failed attempts, so sign-in is closed for this name. Try again ${wait}.`;
  }
  const wrong = problem.code === "unauthenticated" || problem.code === "invalid";
  return wrong ? "That name and password do not fit together. Check both and try again." : problem.message;
}

customElements.define("page-login", LoginPage);

export default "page-login";
