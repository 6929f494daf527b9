// What stands before a recording: the button, the microphone, the options, and which engine will answer.

import { listMicrophones } from "../capture/microphone.js";
import { fill, h, setText } from "../dom.js";
import { languageName, sentence } from "../format.js";
import { icon } from "../icons.js";
import { liveOptions } from "../live-options.js";
import { liveSession } from "../live-session.js";
import { check, field } from "./basics.js";

const EXPECT = "Words appear about a second after you say them, and settle soon after. "
  + "A cut line or a reload of the page loses nothing.";

/** The element; its listeners end with `signal`. */
export function recorderSetup(signal) {
  const fields = optionFields();
  const engine = h("p", { class: "field-hint" }, "Asking which engine answers…");
  const take = () => liveOptions.set(fields.values);
  const { microphone, language, hotwords, secondPass, diarize } = fields;
  for (const { input } of [microphone, language, secondPass, diarize]) input.addEventListener("change", take);
  hotwords.input.addEventListener("input", take);
  liveOptions.addEventListener("engine", () => {
    offer(fields);
    setText(engine, engineWords(liveOptions.engine));
  }, { signal });
  liveOptions.load(signal).catch((error) => {
    if (!signal.aborted) setText(engine, `Which engine answers cannot be said: ${error.message}`);
  });
  const list = () => showMicrophones(microphone);
  navigator.mediaDevices?.addEventListener("devicechange", list, { signal });
  list();
  return h(
    "section",
    { class: "card recorder-setup", "aria-label": "Record" },
    startButton(),
    h("div", { class: "recorder-expect" }, h("h2", {}, "Speak, and read along"), h("p", {}, EXPECT), engine),
    h("div", { class: "options" }, [microphone, language, hotwords].map((one) => one.element)),
    h("fieldset", {}, h("legend", { class: "field-label" }, "After I stop"), secondPass.element, diarize.element),
  );
}

function startButton() {
  return h(
    "button",
    { type: "button", class: "record-button", "aria-keyshortcuts": "R", on: { click: () => liveSession.start() } },
    icon("live"),
    h("span", {}, "Start recording"),
  );
}

function optionFields() {
  const { values } = liveOptions;
  const microphone = field({ label: "Microphone", input: h("select", {}, standard()) });
  const language = field({ label: "Language", input: h("select") });
  const hotwords = field({
    label: "Hotwords",
    input: h("input", { maxlength: "500", value: values.hotwords }),
    hint: "Names and terms that occur, with spaces between them.",
  });
  const secondPass = check({
    label: "Transcribe again with the better model",
    hint: "More exact, some time later. What was written live is kept beside it.",
  });
  const diarize = check({ label: "Find out who spoke", hint: "Says who speaks when." });
  secondPass.input.checked = values.secondPass;
  diarize.input.checked = values.diarize;
  language.element.hidden = hotwords.element.hidden = true; // until the engine is known
  return {
    microphone,
    language,
    hotwords,
    secondPass,
    diarize,
    get values() {
      return {
        microphone: microphone.input.value,
        hotwords: hotwords.input.value,
        secondPass: secondPass.input.checked,
        diarize: diarize.input.checked,
        ...(!language.element.hidden && { language: language.input.value }),
      };
    },
  };
}

/** Offer what the engine can do. */
function offer({ language, hotwords, diarize }) {
  const { languages, takesHotwords, diarizer, values } = liveOptions;
  const sorted = [...languages].sort((a, b) => languageName(a).localeCompare(languageName(b)));
  const choices = sorted.map((value) => h("option", { value }, languageName(value)));
  fill(language.input, h("option", { value: "" }, "Automatic"), choices);
  language.input.value = languages.includes(values.language) ? values.language : "";
  language.element.hidden = languages.length < 2;
  hotwords.element.hidden = !takesHotwords;
  diarize.input.disabled = !diarizer;
  diarize.setHint(diarizer ? `${diarizer.name} tells the voices apart.` : "Not possible on this server.");
}

async function showMicrophones({ input, setHint }) {
  try {
    const found = (await listMicrophones()).filter(({ deviceId }) => deviceId && deviceId !== "default");
    const named = found.map(({ deviceId, label }) => h("option", { value: deviceId }, label || "Microphone"));
    fill(input, standard(), named);
    const known = found.some(({ deviceId }) => deviceId === liveOptions.microphone);
    input.value = known ? liveOptions.microphone : "";
    setHint(found.length ? "" : "The browser names them once it may use the microphone.");
  } catch (error) {
    setHint(error.message);
  }
}

function standard() {
  return h("option", { value: "" }, "The browser's choice");
}

function engineWords(engine) {
  const why = sentence((engine.reason ?? "").replace(`${engine.name}: `, ""));
  return `The engine here: ${[engine.name, engine.model].filter(Boolean).join(", model ")}. ${why}`;
}
