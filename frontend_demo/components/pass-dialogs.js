// The dialogs that begin further work on a recording: transcribing it again, and finding out who speaks.

import { Problem, call } from "../api.js";
import { fill, h } from "../dom.js";
import { busy, button } from "./basics.js";
import { openDialog } from "./dialog.js";
import { toastProblem } from "./toast.js";
import { speakerFields, transcribeFields } from "./transcribe-fields.js";

/** For a page with `transcript` and `update(transcript)`. */
export async function transcribeAgainDialog(page) {
  const fields = transcribeFields();
  const { language, hotwords, diarize, speakers } = page.transcript.options;
  const note = "The recording is heard once more. The text that is there stays, and can be chosen again afterwards.";
  const hint = h("p", { class: "field-hint" });
  const content = [h("p", { class: "muted small" }, note), fields.elements, hint];
  const start = passForm(page, "Transcribe again", content, () =>
    send(page, "revise", { ...fields.values, task: fields.values.task || "transcribe" }),
  );
  await offer(hint, ({ transcriber, diarizer }) => {
    fields.offer(transcriber);
    fields.offerSpeakers(diarizer ?? null);
    fields.show({ language, hotwords, model: "", task: "", diarize: diarize ?? false, speakers: speakers ?? 0 });
    fill(hint, transcriber.reason);
    start.disabled = false;
  });
}

/** For a page with `transcript` and `update(transcript)`. */
export async function findSpeakersDialog(page) {
  const fields = speakerFields(() => {}, { always: true });
  const hint = h("p", { class: "field-hint" });
  const note = "Says who speaks when, and names the speaker of each passage. You can rename and merge them afterwards.";
  const content = [h("p", { class: "muted small" }, note), fields.elements, hint];
  const start = passForm(page, "Find speakers", content, () =>
    send(page, "diarize", { speakers: fields.values.speakers, min_speakers: 0, max_speakers: 0 }),
  );
  await offer(hint, ({ diarizer }) => {
    fields.offer(diarizer ?? null);
    fill(hint, diarizer ? diarizer.reason : "No engine here can tell voices apart.");
    start.disabled = !diarizer;
  });
}

/** Opens the dialog; returns its button, which waits for the engines to be known. */
function passForm(page, title, content, work) {
  const start = button({ label: title, kind: "primary", type: "submit", disabled: true });
  const submit = async (event) => {
    event.preventDefault();
    try {
      const { transcript } = await busy(start, work);
      dialog.close();
      page.update(transcript);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toastProblem(error);
    }
  };
  const form = h("form", { class: "form", on: { submit } }, content, h("div", { class: "dialog-actions" }, start));
  const dialog = openDialog({ title, content: form });
  return start;
}

async function offer(hint, show) {
  try {
    show(await call("GET", "/api/engines"));
  } catch (error) {
    fill(hint, `Which engine answers cannot be said: ${error.message}`);
  }
}

function send(page, action, json) {
  return call("POST", `/api/transcripts/${page.transcript.id}/${action}`, { json });
}
