// The small components without a life of their own: buttons, fields, badges, empty and loading states, pagers.

import { fill, h, uniqueId } from "../dom.js";
import { icon } from "../icons.js";

/** A button. `kind`: primary, danger, quiet, outline or empty. `label` is shown, or only spoken with `iconOnly`. */
export function button({ label, sign, kind = "", iconOnly = false, onClick, ...props }) {
  const classes = ["button", kind && `button-${kind}`, iconOnly && "button-icon"].filter(Boolean).join(" ");
  const named = iconOnly ? { "aria-label": label, title: label } : {};
  const handlers = onClick ? { on: { click: onClick } } : {};
  return h(
    "button",
    { type: "button", class: classes, ...named, ...handlers, ...props },
    sign && icon(sign),
    !iconOnly && h("span", {}, label),
  );
}

/** Show that a button's work goes on, run it, and let go of the button again. */
export async function busy(element, work) {
  element.setAttribute("aria-busy", "true");
  element.disabled = true;
  try {
    return await work();
  } finally {
    element.removeAttribute("aria-busy");
    element.disabled = false;
  }
}

/** A labelled control with a hint and a place for its error: `{element, input, setError(text), setHint(text)}`. */
export function field({ label, input, hint = "", row = null }) {
  const id = input.id || uniqueId("field");
  input.id = id;
  input.classList.add("input");
  const hintLine = h("p", { class: "field-hint", id: `${id}-hint`, hidden: !hint }, hint);
  const errorLine = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  const show = (line, text) => {
    line.textContent = text;
    line.hidden = !text;
  };
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { class: "field-label", for: id }, label),
      row ?? input,
      hintLine,
      errorLine,
    ),
    input,
    setHint: (text) => show(hintLine, text),
    setError: (text) => {
      show(errorLine, text);
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/** A checkbox with its label and a hint: `{element, input, setHint(text)}`. */
export function check({ label, hint = "" }) {
  const id = uniqueId("check");
  const input = h("input", { type: "checkbox", id, "aria-describedby": `${id}-hint` });
  const hintLine = h("p", { class: "field-hint", id: `${id}-hint` }, hint);
  const words = h("div", {}, h("label", { for: id, class: "field-label" }, label), hintLine);
  return {
    element: h("div", { class: "check" }, input, words),
    input,
    setHint: (text) => {
      hintLine.textContent = text;
    },
  };
}

/** Put a problem's field errors beside their fields; returns what has no field of its own. */
export function spreadErrors(problem, fields) {
  let placed = false;
  for (const [name, messages] of Object.entries(problem.fields)) {
    if (!fields[name]) continue;
    fields[name].setError(messages.join(" "));
    placed = true;
  }
  return placed ? "" : [problem.message, ...Object.values(problem.fields).flat()].join(" ");
}

/** A card with a heading, an optional control beside it, and its content. */
export function card(title, { action = null }, ...content) {
  const head = h("div", { class: "card-head" }, h("h2", {}, title), action);
  return h("section", { class: "card", "aria-label": title }, head, content);
}

/** A short state. `tone`: ok, live, info, warn, danger or empty. */
export function badge(text, tone = "") {
  return h("span", { class: "badge", dataset: tone ? { tone } : {} }, text);
}

/** A sentence in a coloured box that stays. */
export function notice(text, tone = "info", ...extra) {
  return h(
    "div",
    { class: "notice", dataset: { tone } },
    icon(tone === "ok" ? "check" : "alert"),
    h("div", {}, h("p", {}, text), extra),
  );
}

/** What a list shows when there is nothing in it. */
export function emptyState({ sign, title, text, action = null, tone = "" }) {
  return h(
    "div",
    { class: "empty", dataset: tone ? { tone } : {} },
    h("span", { class: "empty-sign" }, icon(sign)),
    h("h2", {}, title),
    text && h("p", {}, text),
    action,
  );
}

/** What a page shows when it could not be loaded. */
export function errorState(problem, retry) {
  const action = retry && button({ label: "Try again", sign: "repeat", kind: "primary", onClick: retry });
  return emptyState({
    sign: "alert",
    tone: "danger",
    title: "This could not be loaded",
    text: problem.message,
    action,
  });
}

/** Grey lines while the first answer is on its way. */
export function skeleton(lines = 6) {
  return h(
    "div",
    { class: "skeleton", role: "status" },
    h("div", { class: "visually-hidden" }, "Loading"),
    Array.from({ length: lines }, () => h("span")),
  );
}

/** Fill `element` with "page x of y" and its buttons; hidden where one page is all. */
export function showPager(element, { page, count, size, onPage }) {
  const pages = Math.max(1, Math.ceil(count / size));
  element.hidden = pages < 2;
  const step = (label, sign, to) =>
    button({
      label,
      sign,
      iconOnly: true,
      kind: "outline",
      disabled: to < 1 || to > pages,
      onClick: () => onPage(to),
    });
  fill(
    element,
    h("span", { class: "numeric" }, `Page ${page} of ${pages}`),
    h("div", {}, step("Previous page", "back", page - 1), step("Next page", "next", page + 1)),
  );
}
