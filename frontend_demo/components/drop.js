// Takes files that are dropped or pasted anywhere in the window.

import { h } from "../dom.js";
import { plural } from "../format.js";
import { icon } from "../icons.js";
import { droppedFiles } from "./dropped.js";
import { toast } from "./toast.js";

/**
 * Call `onFiles(files)` for files dropped or pasted while `signal` is not aborted. `takes()` says what is taken now:
 * {words, types, most}, an invitation, and what of a folder and how many of its files.
 */
export function takeFilesAnywhere({ takes, onFiles }, signal) {
  const invitation = h("span", {});
  const veil = h(
    "div",
    { class: "drop-veil", "aria-hidden": "true", hidden: true },
    icon("upload"),
    invitation,
  );
  document.body.append(veil);
  // Entering a child fires before leaving its parent, so the depth tells when the pointer has really left.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const settle = (to) => {
    depth = Math.max(0, to);
    if (depth) invitation.textContent = takes().words;
    veil.hidden = depth === 0;
  };
  const on = (name, handler) => window.addEventListener(name, handler, { signal });
  on("dragenter", (event) => carriesFiles(event) && settle(depth + 1));
  on("dragleave", (event) => carriesFiles(event) && settle(depth - 1));
  on("dragover", (event) => carriesFiles(event) && event.preventDefault());
  on("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    settle(0);
    const dropped = await droppedFiles(event.dataTransfer, takes());
    if (signal.aborted) return;
    tellLeft(dropped);
    if (dropped.files.length) onFiles(dropped.files);
  });
  on("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    onFiles(files);
  });
  signal.addEventListener("abort", () => veil.remove());
}

/** What of a folder is left out is said; who drops one does not look at each of its files. */
function tellLeft({ left, isCut }) {
  const words = [
    left > 0 && `${plural(left, "file")} left out: not of a kind that is taken here.`,
    isCut && "The folder holds more than is taken at once: the rest of it is left out.",
  ].filter(Boolean);
  if (words.length) toast(words.join(" "));
}
