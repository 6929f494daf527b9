// The dialog that shows what a passage was before each change, and brings an earlier state back.

import { fill, h } from "../dom.js";
import { moment } from "../format.js";
import { busy, button, skeleton } from "./basics.js";
import { openDialog } from "./dialog.js";
import { toastProblem } from "./toast.js";

/** Open it for a segment. `editable`: an earlier state may be brought back. */
export async function versionsDialog(segment, { changes, speakers, editable }) {
  const list = h("ol", { class: "versions" });
  const place = h("div", {}, skeleton(4));
  const dialog = openDialog({ title: "What was changed", content: place });
  const restore = async (pressed, { text, speaker }) => {
    try {
      await busy(pressed, () => changes.edit(segment.id, { text, speaker, version: segment.version }));
      dialog.close();
    } catch (error) {
      toastProblem(error);
    }
  };
  try {
    const versions = await changes.versions(segment.id);
    // The newest first: that is what somebody wants back.
    const earlier = versions.filter((version) => version.replaced_at).reverse();
    const now = item("Now", segment, speakers);
    fill(list, now, earlier.map((version) => earlierItem(version, speakers, editable && restore)));
    fill(place, list);
  } catch (error) {
    dialog.close();
    toastProblem(error);
  }
}

function earlierItem(version, speakers, restore) {
  const when = `Until ${version.replaced_by} changed it, ${moment(version.replaced_at)}`;
  if (!restore) return item(when, version, speakers);
  const again = button({ label: "Restore", kind: "outline" });
  again.addEventListener("click", () => restore(again, version));
  return item(when, version, speakers, again);
}

function item(when, { text, speaker }, speakers, action = null) {
  const who = speaker && h("strong", {}, `${speakers.nameOf(speaker)}: `);
  const words = h("p", { class: "version-text" }, who, text.trim());
  return h("li", { class: "version" }, h("div", {}, h("p", { class: "muted small" }, when), words), action);
}
