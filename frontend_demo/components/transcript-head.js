// The facts and actions at the head of a transcript.

import { call } from "../api.js";
import { copy } from "../clipboard.js";
import { fill, h } from "../dom.js";
import { clock, languageName, moment } from "../format.js";
import { go } from "../router.js";
import { badge, button } from "./basics.js";
import { confirmDialog } from "./dialog.js";
import { menu } from "./menu.js";
import { textsMenu } from "./revisions.js";
import { shareDialog } from "./share-dialog.js";

const FORMATS = [
  ["txt", "Plain text (.txt)"],
  ["srt", "Subtitles (.srt)"],
  ["vtt", "Web subtitles (.vtt)"],
  ["json", "Data with times (.json)"],
];
const SPEAKERS_FORMAT = ["rttm", "Speaker turns (.rttm)"];

/** Length, language, engines and the like, as elements for one line. `recording`: it is being spoken now. */
export function transcriptFacts(transcript, recording) {
  const { engine, diarizer, options } = transcript;
  const facts = [
    transcript.duration_s && clock(transcript.duration_s),
    languageName(transcript.language),
    options?.task === "translate" && "translated to English",
    moment(transcript.created_at),
    `by ${transcript.owner}`,
  ];
  return [
    recording && badge("Live", "live"),
    facts.filter(Boolean).map((fact) => h("span", { class: "numeric" }, fact)),
    engine && h("span", { title: engine.reason ?? "" }, `written by ${named(engine)}`),
    diarizer && h("span", { title: diarizer.reason ?? "" }, `speakers found by ${named(diarizer)}`),
    transcript.shared_with.length > 0 && badge(`Shared with ${transcript.shared_with.join(", ")}`, "info"),
    transcript.duration_s > 0 && !transcript.has_audio && badge("The sound is not kept", "warn"),
    transcript.note && badge(transcript.note, "warn"),
  ];
}

function named(engine) {
  return [engine.name, engine.model].filter(Boolean).join(" · ");
}

/** `{element, update()}` for a page with `plainText`, and what `textsMenu` needs. */
export function transcriptActions(page) {
  const element = h("div", { class: "actions" });
  const take = button({
    label: "Copy",
    sign: "copy",
    kind: "outline",
    onClick: () => copy(page.plainText, "The text"),
  });
  const download = menu(
    button({ label: "Download", sign: "download", kind: "outline" }),
    () => exportsOf(page.transcript),
  );
  const share = button({
    label: "Share",
    sign: "share",
    kind: "outline",
    onClick: () => shareDialog(page.transcript, (fresh) => page.update(fresh)),
  });
  const texts = textsMenu(page);
  const remove = button({
    label: "Delete",
    sign: "trash",
    kind: "outline",
    iconOnly: true,
    onClick: () => confirmDelete(page.transcript),
  });
  return {
    element,
    update: () => {
      if (!take.isConnected) fill(element, take, download, share, texts.element, remove);
      texts.update();
      share.hidden = remove.hidden = !page.mine;
    },
  };
}

function exportsOf({ id, turns }) {
  const formats = turns?.length ? [...FORMATS, SPEAKERS_FORMAT] : FORMATS;
  return formats.map(([format, label]) => ({
    label,
    sign: "file",
    href: `/api/transcripts/${id}/export/${format}`,
    download: true,
  }));
}

function confirmDelete(transcript) {
  confirmDialog({
    title: "Delete this transcript?",
    text: `“${transcript.title}”, its text and its recording are removed for everybody. This cannot be undone.`,
    label: "Delete",
    work: async () => {
      await call("DELETE", `/api/transcripts/${transcript.id}`);
      if (location.pathname.includes(transcript.id)) go("/", { replace: true });
    },
  });
}
