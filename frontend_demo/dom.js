// Builds elements from values. Text always becomes a text node, so no text of a user can turn into markup.

const EMPTY = new Set([null, undefined, false, ""]);
const PROPERTIES = new Set([
  "value",
  "checked",
  "disabled",
  "hidden",
  "selected",
  "open",
  "indeterminate",
  "textContent",
]);

/**
 * Make an element.
 *
 * `props` takes attributes; `class` as a string; `on` as {event: handler}; `dataset` as an object. A value of
 * `false`, `null` or `undefined` leaves the attribute out, `true` sets it empty. Children may be nested arrays;
 * empty values are left out.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(element, name, value);
  element.append(...flat(children));
  return element;
}

/** Replace what is inside `element`. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Put exactly these elements into `parent`. What stands right is not moved, which would take the focus away. */
export function arrange(parent, elements) {
  const wanted = new Set(elements);
  for (const one of [...parent.children]) if (!wanted.has(one)) one.remove();
  elements.forEach((one, index) => {
    const there = parent.children[index];
    if (there !== one) parent.insertBefore(one, there ?? null);
  });
}

/** Change an element's text only where it differs, so that selections and live regions stay undisturbed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Scroll to an element: gently, unless the reader asked for less motion. */
export function bringIntoView(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
}

let counter = 0;

/** An id that no other element has. */
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}

function set(element, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name === "on") {
    for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
  } else if (name === "dataset") Object.assign(element.dataset, value);
  else if (PROPERTIES.has(name)) element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

function flat(children) {
  return children.flat(Infinity).filter((child) => !EMPTY.has(child));
}
