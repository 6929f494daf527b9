// Takes files that are dropped or pasted anywhere in the window.

import { h } from "../dom.js";
import { icon } from "../icons.js";

/** Call `onFiles(files)` for files dropped or pasted while `signal` is not aborted; `words()` invites to drop them. */
export function takeFilesAnywhere({ words, onFiles }, signal) {
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
    if (depth) invitation.textContent = words();
    veil.hidden = depth === 0;
  };
  const on = (name, handler) => window.addEventListener(name, handler, { signal });
  on("dragenter", (event) => carriesFiles(event) && settle(depth + 1));
  on("dragleave", (event) => carriesFiles(event) && settle(depth - 1));
  on("dragover", (event) => carriesFiles(event) && event.preventDefault());
  on("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    settle(0);
    if (event.dataTransfer.files.length) onFiles([...event.dataTransfer.files]);
  });
  on("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    onFiles(files);
  });
  signal.addEventListener("abort", () => veil.remove());
}
