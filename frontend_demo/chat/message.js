// One message: who said it, its words, what belongs to it, and what can be done with it.

import { badge, button, notice } from "../components/basics.js";
import { menu } from "../components/menu.js";
import { copy } from "../clipboard.js";
import { fill, h, setText } from "../dom.js";
import { moment, plural } from "../format.js";
import { attachmentChip } from "./attachments.js";
import "./rich-text.js";
import { endOf, failureOf, speakerOf, tokensOf, usageOf, waitingFor } from "./words.js";

const SECOND = 1000;

/**
 * `actions` is what the thread can do: {quote, edit, regenerate, goOn, show, remove}(message).
 * `{element, update(message, {siblings, quoted, isLast})}`.
 */
export function messageView(actions) {
  const view = new MessageView(actions);
  return { element: view.element, update: (...values) => view.update(...values), dispose: () => view.dispose() };
}

class MessageView {
  #actions;
  #message = null;
  #who = h("span", { class: "message-who" });
  #when = h("time", { class: "muted numeric" });
  #marks = h("span", { class: "message-marks" });
  #quote = h("blockquote", { class: "message-quote", hidden: true });
  #chips = h("ul", { class: "chips", hidden: true });
  #body = h("div", { class: "message-body" });
  #state = h("div", { class: "message-state" });
  #foot = h("footer", { class: "message-foot" });
  #shown = { foot: "", state: "", marks: "" };
  #clock = null;
  element = h(
    "article",
    { class: "message", tabindex: "-1" },
    h("header", { class: "message-head" }, this.#who, this.#when, this.#marks),
    this.#quote,
    this.#chips,
    this.#body,
    this.#state,
    this.#foot,
  );

  constructor(actions) {
    this.#actions = actions;
  }

  dispose() {
    clearInterval(this.#clock);
  }

  update(message, { siblings, quoted, isLast }) {
    this.#message = message;
    this.element.dataset.sender = message.sender;
    this.element.dataset.message = message.id;
    this.element.setAttribute("aria-label", `${speakerOf(message)}, ${moment(message.timestamp)}`);
    setText(this.#who, speakerOf(message));
    this.#when.dateTime = message.timestamp;
    setText(this.#when, moment(message.timestamp));
    this.#showMarks(message);
    this.#quote.hidden = !quoted;
    if (quoted) setText(this.#quote, quoted.is_deleted ? "A deleted message" : quoted.content.slice(0, 300));
    this.#chips.hidden = !message.attachments.length;
    fill(this.#chips, message.attachments.map((one) => h("li", {}, attachmentChip(one))));
    this.#showWords(message);
    this.#showState(message);
    this.#showFoot(message, siblings, isLast);
  }

  #showMarks({ is_edited: edited, response }) {
    const marks = [
      edited && "edited",
      response?.engine?.name === "embedded" && "no model: sentences from your texts",
      response?.left_out > 0 && `${plural(response.left_out, "earlier message")} left out: no room`,
    ];
    const key = marks.join();
    if (key === this.#shown.marks) return;
    this.#shown.marks = key;
    fill(this.#marks, marks.filter(Boolean).map((mark) => badge(mark)));
  }

  #showWords(message) {
    if (message.is_deleted) {
      fill(this.#body, h("p", { class: "muted" }, "This message was deleted."));
      return;
    }
    if (message.sender === "user") {
      setText(this.#body, message.content);
      return;
    }
    let words = this.#body.querySelector("st-rich-text");
    if (!words) {
      words = document.createElement("st-rich-text");
      fill(this.#body, words);
    }
    words.growing = message.response?.status === "Generating" && message.content !== "";
    words.text = message.content;
  }

  #showState(message) {
    const failure = failureOf(message);
    const isWaiting = message.response?.status === "Generating" && (!message.content || message.response.retry_at);
    const key = JSON.stringify([isWaiting, message.response?.retry_at, failure, endOf(message)]);
    if (key === this.#shown.state) return;
    this.#shown.state = key;
    clearInterval(this.#clock);
    if (isWaiting) this.#wait();
    else if (failure) fill(this.#state, this.#failed(message, failure));
    else fill(this.#state, endOf(message) && this.#ended(message));
  }

  #wait() {
    const words = h("span", {});
    const tick = () => setText(words, waitingFor(this.#message));
    fill(this.#state, h("p", { class: "message-waiting" }, h("span", { class: "dots", "aria-hidden": "true" }), words));
    tick();
    this.#clock = setInterval(tick, SECOND);
  }

  #failed(message, { title, text }) {
    const goOn = message.content && button({ label: "Continue", sign: "play", onClick: () => this.#actions.goOn(this.#message) });
    const again = button({ label: "Try again", sign: "repeat", onClick: () => this.#actions.regenerate(this.#message) });
    return notice(title, "danger", h("p", {}, text), h("div", { class: "form-actions" }, goOn || [], again));
  }

  #ended(message) {
    const canGoOn = ["stopped", "length"].includes(message.response.finish_reason);
    const goOn = button({ label: "Continue", sign: "play", kind: "quiet", onClick: () => this.#actions.goOn(this.#message) });
    return h("p", { class: "message-end" }, h("span", { class: "muted" }, endOf(message)), canGoOn && goOn);
  }

  #showFoot(message, siblings, isLast) {
    const place = siblings.findIndex(({ id }) => id === message.id);
    const key = JSON.stringify([message.is_deleted, message.response?.status, siblings.map(({ id }) => id), isLast, tokensOf(message)]);
    if (key === this.#shown.foot) return;
    this.#shown.foot = key;
    const focused = this.#foot.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
    fill(this.#foot, siblings.length > 1 && this.#branches(siblings, place), this.#buttons(message));
    if (focused) this.#foot.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  #branches(siblings, place) {
    const step = (label, sign, to) => button({
      label,
      sign,
      iconOnly: true,
      kind: "quiet",
      disabled: !siblings[to],
      onClick: () => this.#actions.show(siblings[to]),
    });
    const words = h("span", { class: "numeric" }, `${place + 1} of ${siblings.length}`);
    return h(
      "div",
      { class: "branches", role: "group", "aria-label": "Versions" },
      step("Previous version", "back", place - 1),
      words,
      step("Next version", "next", place + 1),
    );
  }

  #buttons(message) {
    if (message.is_deleted || message.response?.status === "Generating") return [];
    const { quote, edit, regenerate, remove, correct } = this.#actions;
    const act = (label, sign, run) => button({ label, sign, iconOnly: true, kind: "quiet", onClick: () => run(this.#message) });
    const isOwn = message.sender === "user";
    const opener = button({ label: "More", sign: "more", iconOnly: true, kind: "quiet" });
    const more = [
      isOwn && { label: "Correct in place", sign: "pencil", onPick: () => correct(this.#message) },
      { label: "Delete", sign: "trash", tone: "danger", onPick: () => remove(this.#message) },
    ];
    return [
      message.content && act("Copy", "copy", ({ content }) => copy(content, "The message")),
      message.content && act("Quote", "quote", quote),
      isOwn ? act("Say it differently", "pencil", edit) : act("Answer anew", "repeat", regenerate),
      menu(opener, () => more.filter(Boolean), { up: true }),
      h("span", { class: "message-tokens muted numeric", title: usageOf(message) }, tokensOf(message)),
    ];
  }
}
