// A heading that its owner can rename in place.

import { fill, h, setText } from "../dom.js";
import { busy, button } from "./basics.js";
import { toastProblem } from "./toast.js";

/** `{element, focus(), set(title, editable)}`; `save(title)` stores a new one and may throw. */
export function editableTitle(save) {
  const heading = h("h1", { tabindex: "-1" });
  const edit = button({ label: "Rename", sign: "pencil", kind: "quiet", iconOnly: true, hidden: true });
  const element = h("div", { class: "title-edit" }, heading, edit);

  const close = () => {
    fill(element, heading, edit);
    edit.focus();
  };
  const open = () => {
    const input = h(
      "input",
      { class: "input", "aria-label": "Title", value: heading.textContent, maxlength: "200", required: true },
    );
    const store = button({ label: "Save", kind: "primary", type: "submit" });
    const form = h("form", {}, input, store, button({ label: "Cancel", onClick: close }));
    form.addEventListener("keydown", (event) => event.key === "Escape" && close());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const title = input.value.trim();
      if (!title) return input.focus();
      try {
        await busy(store, () => save(title));
        setText(heading, title);
        close();
      } catch (error) {
        toastProblem(error);
      }
    });
    fill(element, form);
    input.select();
    input.focus();
  };
  edit.addEventListener("click", open);
  return {
    element,
    focus: () => heading.focus({ preventScroll: true }),
    set: (title, editable) => {
      setText(heading, title);
      edit.hidden = !editable;
    },
  };
}
