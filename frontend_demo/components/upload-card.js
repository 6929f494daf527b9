// The card that takes recordings: the file button, the options, and which engine will answer.

import { h, setText } from "../dom.js";
import { sentence } from "../format.js";
import { uploadOptions } from "../upload-options.js";
import { uploads } from "../uploads.js";
import { button } from "./basics.js";
import { transcribeFields } from "./transcribe-fields.js";

/** The card; its listeners end with `signal`. */
export function uploadCard(signal) {
  const engine = h("p", { class: "field-hint" }, "Asking which engine answers…");
  const summary = h("span", { class: "muted" });
  const options = transcribeFields(() => uploadOptions.set(options.values));
  uploadOptions.addEventListener("change", () => setText(summary, uploadOptions.summary), { signal });
  uploadOptions.addEventListener(
    "engine",
    () => {
      options.offer(uploadOptions.engine);
      options.offerSpeakers(uploadOptions.diarizer);
      options.show(uploadOptions.values);
      showEngine(engine, uploadOptions.engine);
    },
    { signal },
  );
  uploadOptions.load(signal).catch((error) => {
    if (!signal.aborted) setText(engine, `Which engine answers cannot be said: ${error.message}`);
  });
  options.show(uploadOptions.values);
  setText(summary, uploadOptions.summary);
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

function showEngine(line, engine) {
  const why = sentence((engine.reason ?? "").replace(`${engine.name}: `, ""));
  setText(line, `The engine here: ${[engine.name, engine.model].filter(Boolean).join(", model ")}. ${why}`);
}
