// What is sent along with a message: files and transcripts, as chips; adding them.

import { call, upload } from "../api.js";
import { busy, button, emptyState, skeleton } from "../components/basics.js";
import { openDialog } from "../components/dialog.js";
import { toastProblem } from "../components/toast.js";
import { fill, h } from "../dom.js";
import { moment, plural } from "../format.js";
import { icon } from "../icons.js";

export const TAKEN = ".txt,.md,.pdf,.docx,text/plain,text/markdown,application/pdf";
const SETTLE_MS = 250;

/** One attachment; `onRemove` where it may still be taken back. */
export function attachmentChip(attachment, onRemove = null) {
  const { title, reference, status, error_message: problem } = attachment;
  const isTranscript = reference?.startsWith("transcript:");
  const name = isTranscript ? h("a", { href: `/transcripts/${reference.split(":")[1]}` }, title) : h("span", {}, title);
  return h(
    "span",
    { class: "chip", dataset: { status: status ?? "Ready" }, title: problem || undefined },
    icon(status === "Error" ? "alert" : isTranscript ? "transcripts" : "file"),
    name,
    h("span", { class: "muted" }, stateOf(attachment)),
    onRemove && button({ label: `Remove ${title}`, sign: "close", kind: "quiet", iconOnly: true, onClick: onRemove }),
  );
}

function stateOf({ status, characters, is_cut: isCut, error_message: problem }) {
  if (status === "Reading") return "being read…";
  if (status === "Error") return problem;
  return isCut ? `only the first ${plural(characters, "character")}` : "";
}

/** A file on its way, before the server knows it: `{element, promise}`. */
export function uploadChip(file, path, key) {
  const state = h("span", { class: "muted numeric" }, "0 %");
  const { promise, abort } = upload(path, formOf(file), {
    key,
    onProgress: (sent, total) => {
      state.textContent = `${Math.floor((100 * sent) / total)} %`;
    },
  });
  const stop = button({ label: `Remove ${file.name}`, sign: "close", kind: "quiet", iconOnly: true, onClick: abort });
  const element = h("span", { class: "chip", dataset: { status: "Reading" } }, icon("upload"), file.name, state, stop);
  return { element, promise };
}

function formOf(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}

/** Choose one of the transcripts; `onPick(transcript)` closes the dialog when it succeeds. */
export function transcriptDialog(onPick, title = "Attach a transcript") {
  const search = h("input", { type: "search", class: "input", placeholder: "Search transcripts", "aria-label": "Search transcripts" });
  const list = h("div", { class: "pick-list" }, skeleton(4));
  const dialog = openDialog({ title, content: [search, list] });
  const pick = async (pressed, transcript) => {
    try {
      await busy(pressed, () => onPick(transcript));
      dialog.close();
    } catch (error) {
      toastProblem(error);
    }
  };
  const row = (transcript) => h(
    "button",
    { type: "button", class: "pick", on: { click: ({ currentTarget }) => pick(currentTarget, transcript) } },
    h("span", {}, transcript.title),
    h("span", { class: "muted small" }, moment(transcript.created_at)),
  );
  let turn = 0;
  const load = async () => {
    turn += 1;
    const mine = turn;
    try {
      const { results } = await call("GET", "/api/transcripts/", { query: { search: search.value.trim(), page_size: 20 } });
      if (mine !== turn) return;
      const none = emptyState({ sign: "transcripts", title: "No transcript found", text: "Upload a recording on the Transcripts page first." });
      fill(list, results.length ? results.map(row) : none);
    } catch (error) {
      toastProblem(error);
    }
  };
  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, SETTLE_MS);
  });
  load();
  search.focus();
}
