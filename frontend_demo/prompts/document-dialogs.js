// The dialogs of a document: read its text, change its names, replace it, delete it.

import { call, Problem } from "../api.js";
import { busy, button, errorState, field, notice, skeleton, spreadErrors } from "../components/basics.js";
import { confirmDialog, openDialog } from "../components/dialog.js";
import { fill, h } from "../dom.js";
import { plural } from "../format.js";
import { documentUploads } from "./document-uploads.js";
import { documentFacts, TAKEN } from "./words.js";

/** Show the beginning of a document's text; the whole of it can be downloaded. */
export async function readDialog({ id, title }) {
  const body = h("div", { class: "document-text" }, skeleton(8));
  const dialog = openDialog({ title, content: body });
  dialog.element.classList.add("dialog-wide");
  const load = async () => {
    try {
      show(body, await call("GET", `/api/documents/${id}`));
    } catch (error) {
      fill(body, errorState(error, load));
    }
  };
  await load();
}

function show(body, document) {
  const { id, text, characters, status } = document;
  const facts = h("p", { class: "muted small" }, documentFacts(document).join("  ·  "));
  if (status !== "ready") {
    const words = status === "reading" ? "It is still being read." : document.error_message || "It could not be read.";
    fill(body, facts, notice(words, status === "error" ? "danger" : "info"));
    return;
  }
  const count = [...text].length;
  const rest = characters > count && `These are the first ${plural(count, "character")} of ${characters.toLocaleString("en")}.`;
  const all = h("a", { class: "button button-outline", href: `/api/documents/${id}/text`, download: true }, "Download all");
  const words = h("div", { class: "document-words", tabindex: "0", role: "region", "aria-label": "Text" }, text);
  fill(body, facts, words, h("div", { class: "dialog-actions" }, rest && h("p", { class: "muted small" }, rest), all));
}

/** Change title, collection and external id; `onChange(document)` gets its new state. */
export function editDialog(document, onChange) {
  const fields = {
    title: field({ label: "Title", input: h("input", { value: document.title, maxlength: "200", required: true }) }),
    collection: field({ label: "Collection", input: h("input", { value: document.collection, maxlength: "64", list: "collection-names" }) }),
    external_id: field({ label: "External id", input: h("input", { value: document.external_id, maxlength: "200" }) }),
  };
  const store = button({ label: "Save", kind: "primary", type: "submit" });
  const problem = h("div", {});
  const actions = h("div", { class: "dialog-actions" }, button({ label: "Cancel", onClick: () => dialog.close() }), store);
  const form = h("form", { class: "form" }, Object.values(fields).map(({ element }) => element), problem, actions);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const one of Object.values(fields)) one.setError("");
    fill(problem);
    const json = Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value.trim()]));
    try {
      onChange(await busy(store, () => call("PATCH", `/api/documents/${document.id}`, { json })));
      dialog.close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const rest = spreadErrors(error, fields);
      if (rest) fill(problem, notice(rest, "danger"));
    }
  });
  const dialog = openDialog({ title: "Edit this document", content: form });
  fields.title.input.select();
}

/** Choose a file whose text takes the place of this one's. */
export function replaceDocument({ collection, external_id }) {
  const picker = h("input", { type: "file", accept: TAKEN });
  picker.addEventListener("change", () => {
    documentUploads.add([...picker.files], { collection, external_id, replace: "true" });
  });
  picker.click();
}

/** Delete documents after asking; `onDone(ids)` is called when they are gone. */
export function deleteDialog(documents, onDone) {
  const ids = documents.map(({ id }) => id);
  const one = documents.length === 1;
  confirmDialog({
    title: one ? "Delete this document?" : `Delete ${plural(ids.length, "document")}?`,
    text: `${one ? `“${documents[0].title}” is` : "They are"} removed with the text. Results of batches stay. This cannot be undone.`,
    label: "Delete",
    work: async () => {
      if (one) await call("DELETE", `/api/documents/${ids[0]}`);
      else await call("POST", "/api/documents/delete", { json: { ids } });
      onDone(ids);
    },
  });
}
