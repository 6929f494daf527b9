// The facts and actions at the head of a transcript.

import { call } from "../api.js";
import { copy } from "../clipboard.js";
import { fill, h } from "../dom.js";
import { clock, languageName, moment } from "../format.js";
import { go } from "../router.js";
import { badge, button } from "./basics.js";
import { confirmDialog } from "./dialog.js";
import { menu } from "./menu.js";
import { shareDialog } from "./share-dialog.js";

const FORMATS = [
  ["txt", "Plain text (.txt)"],
  ["srt", "Subtitles (.srt)"],
  ["vtt", "Web subtitles (.vtt)"],
  ["json", "Data with times (.json)"],
];

/** Length, language, engine and the like, as elements for one line. */
export function transcriptFacts(transcript) {
  const { engine, options } = transcript;
  const answered = engine && [engine.name, engine.model].filter(Boolean).join(" · ");
  const facts = [
    transcript.duration_s && clock(transcript.duration_s),
    languageName(transcript.language),
    options?.task === "translate" && "translated to English",
    moment(transcript.created_at),
    `by ${transcript.owner}`,
  ];
  return [
    facts.filter(Boolean).map((fact) => h("span", { class: "numeric" }, fact)),
    answered && h("span", { title: engine.reason ?? "" }, `written by ${answered}`),
    transcript.shared_with.length > 0 && badge(`Shared with ${transcript.shared_with.join(", ")}`, "info"),
    transcript.note && badge(transcript.note, "warn"),
  ];
}

/** `{element, update()}` for a page with `transcript`, `plainText`, `mine` and `update(transcript)`. */
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
      if (!take.isConnected) fill(element, take, download, share, remove);
      share.hidden = remove.hidden = !page.mine;
    },
  };
}

function exportsOf({ id }) {
  return FORMATS.map(([format, label]) => ({
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
