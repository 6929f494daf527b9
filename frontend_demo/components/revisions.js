// The texts of a recording: their names, the menu to choose one, and the notice while another one is read.

import { call } from "../api.js";
import { h } from "../dom.js";
import { moment, ordinal } from "../format.js";
import { busy, button, notice } from "./basics.js";
import { menu } from "./menu.js";
import { findSpeakersDialog, transcribeAgainDialog } from "./pass-dialogs.js";
import { toast, toastProblem } from "./toast.js";

const PASSES = ["Transcription", "Second pass", "Third pass"];

/** "Live text · today, 10:14", "Second pass · small · 3 Mar, 14:05". */
export function revisionName(revision, all) {
  const { kind, engine, diarizer, created_at: created } = revision;
  const heard = all.filter((other) => other.kind !== "speakers" && other.number <= revision.number).length;
  const pass = PASSES[heard - 1] ?? `${ordinal(heard)} pass`;
  const name = { live: "Live text", speakers: "Speakers found" }[kind] ?? pass;
  const worker = kind === "speakers" ? diarizer : engine;
  return [name, kind !== "live" && (worker?.model || worker?.name), moment(created)].filter(Boolean).join(" · ");
}

/** `{element, update()}` for a page with `transcript`, `mine`, `working`, `viewed`, `view(number)`, `update(…)`. */
export function textsMenu(page) {
  const opener = button({ label: "Texts", sign: "texts", kind: "outline" });
  const element = menu(opener, () => items(page));
  return {
    element,
    update: () => {
      const workable = page.mine && page.transcript.has_audio;
      element.hidden = !workable && choosable(page.transcript).length < 2;
    },
  };
}

/** What stands above the text while another than the shown one is read. */
export function revisionNotice(page) {
  const { revisions, id } = page.transcript;
  const revision = revisions.find(({ number }) => number === page.viewed);
  const back = button({ label: "Back", kind: "outline", onClick: () => page.view(null) });
  const choose = button({ label: "Show this one to everybody", kind: "primary" });
  choose.addEventListener("click", async () => {
    try {
      const chosen = { json: { number: revision.number } };
      await busy(choose, () => call("POST", `/api/transcripts/${id}/revision`, chosen));
      page.view(null);
    } catch (error) {
      toastProblem(error);
    }
  });
  const actions = h("div", { class: "form-actions" }, page.mine && choose, back);
  return notice(`You read another text of this recording: ${revisionName(revision, revisions)}.`, "info", actions);
}

/** Those that are whole, and the one that is shown even while it is written. */
function choosable({ revisions, revision }) {
  return revisions.filter((each) => each.finished_at || each.number === revision);
}

function items(page) {
  const { revision, revisions } = page.transcript;
  const viewed = page.viewed ?? revision;
  const choice = (each) => ({
    label: revisionName(each, revisions),
    checked: each.number === viewed,
    onPick: () => each.number !== viewed && page.view(each.number === revision ? null : each.number),
  });
  const begin = (label, sign, open) => ({ label, sign, onPick: () => whenIdle(page, open) });
  return [
    { title: "Texts of this recording" },
    ...choosable(page.transcript).map(choice).reverse(),
    ...(page.mine && page.transcript.has_audio
      ? [
        "line",
        begin("Transcribe again…", "repeat", transcribeAgainDialog),
        begin("Find speakers…", "voices", findSpeakersDialog),
      ]
      : []),
  ];
}

function whenIdle(page, open) {
  if (page.working) toast("Something is still being done with this recording. Wait until that has ended.");
  else open(page);
}
