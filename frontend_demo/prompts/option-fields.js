// Which model answers a batch, how free and how long, and what it is told first.

import { answerFields, answerValues } from "../components/answer-fields.js";
import { field } from "../components/basics.js";
import { fill, h, setText } from "../dom.js";
import { engineReason, money } from "./words.js";

/** `{element, values, show(values), offer(offered), fields}`; `onChange()` is called when somebody changes one. */
export class OptionFields {
  fields = {
    model: field({ label: "Model", input: h("select", {}, h("option", { value: "" }, "Usual")) }),
    ...answerFields(),
  };
  #summary = h("span", { class: "muted" });
  #details;
  element;

  constructor(onChange) {
    const { system_prompt: system, ...others } = this.fields;
    this.#details = h(
      "details",
      { class: "fold" },
      h("summary", {}, h("strong", {}, "Told to the model first"), this.#summary),
      system.element,
    );
    const row = h("div", { class: "option-row" }, Object.values(others).map(({ element }) => element));
    this.element = h("div", { class: "form" }, row, this.#details);
    for (const { input } of Object.values(this.fields)) {
      input.addEventListener("input", () => {
        this.#summarize();
        onChange();
      });
    }
  }

  get values() {
    return { model: this.fields.model.input.value, ...answerValues(this.fields) };
  }

  show(values) {
    this.#choose(values.model);
    for (const name of ["system_prompt", "temperature", "max_tokens"]) this.fields[name].input.value = values[name] ?? "";
    this.#details.open = Boolean(values.system_prompt);
    this.#summarize();
  }

  /** Offer the models that there are, with what they cost. */
  offer({ models, default: usual, engine, prices, currency }) {
    const name = usual || engine?.model || engine?.name || "";
    const wanted = this.values.model;
    const option = (model) => h("option", { value: model }, [model, priceOf(prices?.[model], currency)].filter(Boolean).join(" · "));
    const first = [`Usual${name ? ` (${name})` : ""}`, priceOf(prices?.[name], currency)].filter(Boolean).join(" · ");
    fill(this.fields.model.input, h("option", { value: "" }, first), models.map(option));
    this.#choose(wanted);
    this.fields.model.setHint(engine ? engineReason(engine) : "");
  }

  /** A model that is not on offer, or not yet, is kept all the same. */
  #choose(model) {
    const { input } = this.fields.model;
    const isThere = [...input.options].some(({ value }) => value === model);
    if (!isThere) input.append(h("option", { value: model }, model));
    input.value = model;
  }

  #summarize() {
    const text = this.fields.system_prompt.input.value.trim();
    setText(this.#summary, text ? text.slice(0, 60) : "nothing");
  }
}

function priceOf(price, currency) {
  if (!price) return "";
  return `${money(price[0], currency)} / ${money(price[1], currency)} per million tokens`;
}
