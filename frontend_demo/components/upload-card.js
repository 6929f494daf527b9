// The card that takes recordings: the file button, the options, and which engine will answer.

import { fill, h, setText } from "../dom.js";
import { languageName, sentence } from "../format.js";
import { uploadOptions } from "../upload-options.js";
import { uploads } from "../uploads.js";
import { button, check, field } from "./basics.js";

/** The card; its listeners end with `signal`. */
export function uploadCard(signal) {
  const engine = h("p", { class: "field-hint" }, "Asking which engine answers…");
  const summary = h("span", { class: "muted" });
  const options = optionFields();
  const show = () => {
    setText(summary, uploadOptions.summary);
    if (uploadOptions.engine) showEngine(options, engine, uploadOptions.engine);
  };
  uploadOptions.addEventListener("change", show, { signal });
  uploadOptions.load(signal).catch((error) => {
    if (!signal.aborted) setText(engine, `Which engine answers cannot be said: ${error.message}`);
  });
  show();
  const head = h("summary", {}, h("strong", {}, "Options"), summary);
  const details = h("details", {}, head, h("div", { class: "options" }, options.elements));
  return h("section", { class: "card upload", "aria-label": "Upload" }, chooser(), details, engine);
}

function chooser() {
  const looks = { class: "visually-hidden", tabindex: "-1", "aria-label": "Recordings" };
  const picker = h("input", { type: "file", multiple: true, accept: "audio/*,video/*", ...looks });
  picker.addEventListener("change", () => {
    uploads.add(picker.files, uploadOptions.values);
    picker.value = ""; // so that the same file can be chosen again
  });
  const words = h(
    "div",
    { class: "upload-words" },
    h("h2", {}, "Transcribe recordings"),
    h("p", {}, "Drop audio or video anywhere on this page, paste it, or choose files."),
  );
  const choose = button({ label: "Choose files", sign: "upload", kind: "primary", onClick: () => picker.click() });
  return h("div", { class: "upload-main" }, words, choose, picker);
}

function optionFields() {
  const pass = (name) => (event) => uploadOptions.set(name, event.target.value);
  const language = field({
    label: "Language",
    input: h("select", { on: { change: pass("language") } }, h("option", { value: "" }, "Automatic")),
  });
  const model = field({
    label: "Model",
    input: h("select", { on: { change: pass("model") } }, h("option", { value: "" }, "The server's choice")),
  });
  const hotwords = field({
    label: "Hotwords",
    input: h(
      "input",
      { maxlength: "500", value: uploadOptions.values.hotwords, on: { input: pass("hotwords") } },
    ),
    hint: "Names and terms that occur, with spaces between them.",
  });
  const translate = check({
    label: "Translate to English",
    hint: "The text is English, whatever is spoken.",
  });
  translate.input.checked = uploadOptions.values.task === "translate";
  translate.input.addEventListener(
    "change",
    () => uploadOptions.set("task", translate.input.checked ? "translate" : ""),
  );
  const elements = [language, model, hotwords, translate].map((one) => one.element);
  return { language, model, hotwords, translate, elements };
}

/** Offer what the engine can do, and say why the rest is not on offer. */
function showEngine({ language, model, hotwords, translate }, line, engine) {
  const why = sentence((engine.reason ?? "").replace(`${engine.name}: `, ""));
  setText(line, `The engine here: ${[engine.name, engine.model].filter(Boolean).join(", model ")}. ${why}`);
  const { languages, models } = engine;
  offer(language, "Automatic", languages ?? [], languageName, "language");
  if (languages?.length === 1) {
    language.input.disabled = true;
    language.setHint(`${engine.name} understands ${languageName(languages[0])} only.`);
  }
  offer(model, "The server's choice", models ?? [], String, "model");
  if ((models ?? []).length < 2) {
    model.input.disabled = true;
    model.setHint("This server has one model.");
  }
  hotwords.input.disabled = engine.can_use_hotwords === false;
  if (hotwords.input.disabled) hotwords.setHint(`${engine.name} does not take hotwords.`);
  translate.input.disabled = !engine.can_translate;
  if (!engine.can_translate) translate.setHint(`${engine.name} cannot translate.`);
}

function offer({ input }, first, values, nameOf, option) {
  const sorted = [...values].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  fill(
    input,
    h("option", { value: "" }, first),
    sorted.map((value) => h("option", { value }, nameOf(value))),
  );
  input.value = uploadOptions.values[option];
}
