// The fields that say how a recording shall be transcribed, offering what the engine that answers can do.

import { fill, h } from "../dom.js";
import { languageName } from "../format.js";
import { check, field } from "./basics.js";

const MOST_SPEAKERS = 20;

/**
 * `{elements, values, offer(engine), offerSpeakers(diarizer), show(values)}`; `onChange()` is called when somebody
 * changes one. `values` are those of the API: {language, model, hotwords, task, diarize, speakers}, empty ones too.
 */
export function transcribeFields(onChange = () => {}) {
  const language = field({ label: "Language", input: h("select", {}, h("option", { value: "" }, "Automatic")) });
  const model = field({ label: "Model", input: h("select", {}, h("option", { value: "" }, "The server's choice")) });
  const hotwords = field({
    label: "Hotwords",
    input: h("input", { maxlength: "500" }),
    hint: "Names and terms that occur, with spaces between them.",
  });
  const translate = check({ label: "Translate to English", hint: "The text is English, whatever is spoken." });
  const speakers = speakerFields(onChange);
  for (const { input } of [language, model, translate]) input.addEventListener("change", onChange);
  hotwords.input.addEventListener("input", onChange);
  return {
    elements: [language, model, hotwords, translate].map((one) => one.element).concat(speakers.elements),
    get values() {
      return {
        language: language.input.value,
        model: model.input.value,
        hotwords: hotwords.input.value,
        task: translate.input.checked ? "translate" : "",
        ...speakers.values,
      };
    },
    show(values) {
      language.input.value = values.language;
      model.input.value = values.model;
      hotwords.input.value = values.hotwords;
      translate.input.checked = values.task === "translate";
      speakers.show(values);
    },
    offer: (engine) => offer({ language, model, hotwords, translate }, engine),
    offerSpeakers: speakers.offer,
  };
}

/** "Find speakers" with how many there are. `always`: it is what the form is for, so only the number is asked. */
export function speakerFields(onChange = () => {}, { always = false } = {}) {
  const find = check({ label: "Find speakers", hint: "Says who speaks when." });
  const count = field({
    label: "Number of speakers",
    input: h("input", { type: "number", min: "1", max: String(MOST_SPEAKERS), placeholder: "Automatic" }),
    hint: "If you know it, they are told apart better.",
  });
  let possible = true;
  const turn = () => {
    const wanted = always || find.input.checked;
    count.element.hidden = !wanted;
    // A hidden number that is wrong must not keep the form from being sent.
    count.input.disabled = !wanted || !possible;
  };
  find.input.addEventListener("change", () => {
    turn();
    onChange();
  });
  count.input.addEventListener("input", onChange);
  turn();
  return {
    elements: always ? [count.element] : [find.element, count.element],
    input: count.input,
    get values() {
      const wanted = always || find.input.checked;
      const number = count.input.validity.valid ? Number(count.input.value) : 0;
      return { diarize: wanted, speakers: wanted ? number : 0 };
    },
    show({ diarize, speakers }) {
      find.input.checked = diarize;
      count.input.value = speakers || "";
      turn();
    },
    /** Say which engine tells the voices apart; without one nothing is on offer. */
    offer(diarizer) {
      possible = Boolean(diarizer);
      find.input.disabled = !possible;
      turn();
      const hint = diarizer ? `${diarizer.name} tells the voices apart.` : "Not possible on this server.";
      find.setHint(hint);
    },
  };
}

/** Offer what the engine can do, and say why the rest is not on offer. */
function offer({ language, model, hotwords, translate }, engine) {
  const { languages, models } = engine;
  choices(language, "Automatic", languages ?? [], languageName);
  if (languages?.length === 1) {
    language.input.disabled = true;
    language.setHint(`${engine.name} understands ${languageName(languages[0])} only.`);
  }
  choices(model, "The server's choice", models ?? [], String);
  if ((models ?? []).length < 2) {
    model.input.disabled = true;
    model.setHint("This server has one model.");
  }
  hotwords.input.disabled = engine.can_use_hotwords === false;
  if (hotwords.input.disabled) hotwords.setHint(`${engine.name} does not take hotwords.`);
  translate.input.disabled = !engine.can_translate;
  if (!engine.can_translate) translate.setHint(`${engine.name} cannot translate.`);
}

function choices({ input }, first, values, nameOf) {
  const chosen = input.value;
  const sorted = [...values].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  fill(
    input,
    h("option", { value: "" }, first),
    sorted.map((value) => h("option", { value }, nameOf(value))),
  );
  input.value = values.includes(chosen) ? chosen : "";
}
