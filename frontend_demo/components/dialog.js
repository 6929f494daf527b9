// Modal dialogs on the browser's own <dialog>: it keeps the focus inside and gives it back.

import { h, uniqueId } from "../dom.js";
import { busy, button } from "./basics.js";
import { toastProblem } from "./toast.js";

/** Open a dialog with `title` and `content`. Returns `{element, close()}`; `onClose` is called however it closes. */
export function openDialog({ title, content, onClose = () => {} }) {
  const id = uniqueId("dialog");
  const close = () => element.close();
  const head = h(
    "div",
    { class: "dialog-head" },
    h("h2", { id }, title),
    button({ label: "Close", sign: "close", kind: "quiet", iconOnly: true, onClick: close }),
  );
  const element = h(
    "dialog",
    { class: "dialog", "aria-labelledby": id },
    head,
    h("div", { class: "dialog-body" }, content),
  );
  element.addEventListener("close", () => {
    element.remove();
    onClose();
  });
  element.addEventListener("click", (event) => event.target === element && close());
  document.body.append(element);
  element.showModal();
  return { element, close };
}

/** Ask before something that cannot be undone; runs `work` when it is confirmed and closes when that succeeds. */
export function confirmDialog({ title, text, label, work }) {
  const confirm = button({
    label,
    kind: "danger",
    onClick: async () => {
      try {
        await busy(confirm, work);
        dialog.close();
      } catch (error) {
        toastProblem(error);
      }
    },
  });
  const keep = button({ label: "Keep it", onClick: () => dialog.close(), autofocus: true });
  const dialog = openDialog({
    title,
    content: [h("p", {}, text), h("div", { class: "dialog-actions" }, keep, confirm)],
  });
}
