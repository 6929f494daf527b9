// How a model answers, as far as a conversation and a batch have it alike: told first, how free, how long.

import { h } from "../dom.js";
import { field } from "./basics.js";

/** The fields `{system_prompt, temperature, max_tokens}` with these values in them. */
export function answerFields({ system_prompt = "", temperature = null, max_tokens = null } = {}) {
  return {
    system_prompt: field({
      label: "Told to the model first",
      input: h("textarea", { rows: "4", maxlength: "8000", value: system_prompt }),
      hint: "For example: Answer in one paragraph, in German.",
    }),
    temperature: field({
      label: "Temperature",
      input: h("input", { type: "number", min: "0", max: "2", step: "0.1", value: temperature, placeholder: "usual" }),
      hint: "0 keeps to the likeliest words, 2 wanders far.",
    }),
    max_tokens: field({
      label: "Longest answer, in tokens",
      input: h("input", { type: "number", min: "1", max: "100000", step: "1", value: max_tokens, placeholder: "usual" }),
    }),
  };
}

/** What is written in them; null for a number that is left to the model. */
export function answerValues({ system_prompt, temperature, max_tokens }) {
  const number = ({ input }) => (input.value === "" ? null : Number(input.value));
  return {
    system_prompt: system_prompt.input.value,
    temperature: number(temperature),
    max_tokens: number(max_tokens),
  };
}
