// The prompts of a batch: written, named, put in order, each with the names of what is filled in for a document.

import { button, field } from "../components/basics.js";
import { fill, h } from "../dom.js";
import { templateProblems } from "./template.js";

const EXAMPLE = "What is “{{document.title}}” about? Answer in two sentences.";
const USUAL = ["document.title", "document.text", "document.external_id", "document.collection", "batch.title", "date"];

/** `{element, values, show(prompts), offer(variables, limits), setErrors(fields)}`; `onChange()` after every change. */
export class PromptEditor {
  #items = [];
  #variables = USUAL.map((name) => ({ name, meaning: "" }));
  #most = 20;
  #longest = 20_000;
  #onChange;
  #list = h("ol", { class: "prompt-list" });
  #add = button({ label: "Add a prompt", sign: "plus", kind: "outline", onClick: () => this.#append() });
  element = h("div", { class: "form" }, this.#list, h("div", { class: "form-actions" }, this.#add));

  constructor(onChange) {
    this.#onChange = onChange;
  }

  get values() {
    return this.#items.map(({ name, value }, index) => ({
      name: name.input.value.trim() || `prompt_${index + 1}`,
      value: value.input.value,
    }));
  }

  /** As they are to be kept: a name that was not given stays empty. */
  get drafts() {
    return this.#items.map(({ name, value }) => ({ name: name.input.value, value: value.input.value }));
  }

  show(prompts) {
    this.#items = prompts.map((prompt) => this.#item(prompt));
    this.#draw();
  }

  offer(variables, limits) {
    if (variables?.length) this.#variables = variables;
    this.#most = limits?.prompts ?? this.#most;
    this.#longest = limits?.prompt_characters ?? this.#longest;
    for (const item of this.#items) {
      item.value.input.maxLength = this.#longest;
      fill(item.chips, this.#chips(item));
    }
    this.#draw();
  }

  /** Put a server's field errors beside their fields; returns the names of those that it had a place for. */
  setErrors(fields) {
    for (const { name } of this.#items) name.setError("");
    for (const { value } of this.#items) value.setError(this.#problemsOf(value).join(" "));
    const placed = [];
    for (const [path, messages] of Object.entries(fields)) {
      const [, number, part] = /^prompts\.(\d+)(?:\.(name|value))?$/.exec(path) ?? [];
      const item = number === undefined ? undefined : this.#items[Number(number)];
      if (!item) continue;
      item[part ?? "value"].setError(messages.join(" "));
      placed.push(path);
    }
    return placed;
  }

  /** What is wrong with the names in the prompts, as the server says it. */
  get problems() {
    return this.#items.flatMap(({ value }) => this.#problemsOf(value));
  }

  #problemsOf({ input }) {
    return templateProblems(input.value, this.#variables.map(({ name }) => name));
  }

  focusError() {
    this.element.querySelector("[aria-invalid]")?.focus();
  }

  #append() {
    const item = this.#item({ name: "", value: "" });
    this.#items.push(item);
    this.#draw();
    item.value.input.focus();
    this.#onChange();
  }

  #remove(item) {
    const at = this.#items.indexOf(item);
    this.#items.splice(at, 1);
    this.#draw();
    this.#items[Math.min(at, this.#items.length - 1)].value.input.focus();
    this.#onChange();
  }

  #move(item, by, pressed) {
    const at = this.#items.indexOf(item);
    this.#items.splice(at, 1);
    this.#items.splice(at + by, 0, item);
    this.#draw();
    (pressed.disabled ? item.value.input : pressed).focus();
    this.#onChange();
  }

  #draw() {
    fill(this.#list, this.#items.map(({ element }) => element));
    const alone = this.#items.length === 1;
    this.#items.forEach(({ up, down, remove, name, heading }, index) => {
      heading.textContent = `Prompt ${index + 1}`;
      name.input.placeholder = `prompt_${index + 1}`;
      up.hidden = down.hidden = remove.hidden = alone;
      up.disabled = index === 0;
      down.disabled = index === this.#items.length - 1;
      for (const [control, words] of [[up, "Move up"], [down, "Move down"], [remove, "Remove"]]) {
        control.setAttribute("aria-label", `${words}: prompt ${index + 1}`);
      }
    });
    this.#add.disabled = this.#items.length >= this.#most;
  }

  #item(prompt) {
    const heading = h("h3", {});
    const name = field({ label: "Name of the column", input: h("input", { maxlength: "100", value: prompt.name, autocomplete: "off" }) });
    const value = field({
      label: "Prompt",
      input: h("textarea", { rows: "4", maxlength: String(this.#longest), value: prompt.value, placeholder: EXAMPLE }),
    });
    const quiet = { kind: "quiet", iconOnly: true };
    const up = button({ ...quiet, label: "Move up", sign: "up", onClick: () => this.#move(item, -1, up) });
    const down = button({ ...quiet, label: "Move down", sign: "down", onClick: () => this.#move(item, 1, down) });
    const remove = button({ ...quiet, label: "Remove", sign: "trash", onClick: () => this.#remove(item) });
    const chips = h("div", { class: "chips", role: "group", "aria-label": "Insert what differs from document to document" });
    const head = h("div", { class: "prompt-head" }, heading, h("div", { class: "prompt-tools" }, up, down, remove));
    const element = h("li", { class: "prompt-item" }, head, value.element, chips, name.element);
    const item = { element, heading, name, value, up, down, remove, chips };
    fill(chips, this.#chips(item));
    for (const one of [name, value]) {
      one.input.addEventListener("input", () => {
        one.setError("");
        this.#onChange();
      });
    }
    return item;
  }

  #chips({ value }) {
    return this.#variables.map(({ name, meaning }) => {
      const words = `{{${name}}}`;
      const insert = () => {
        const { input } = value;
        input.setRangeText(words, input.selectionStart, input.selectionEnd, "end");
        input.dispatchEvent(new Event("input"));
        input.focus();
      };
      return h("button", { type: "button", class: "variable", title: meaning || null, on: { click: insert } }, words);
    });
  }
}
