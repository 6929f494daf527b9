// Keys that work anywhere on a page, where no control wants them for itself.

/** `actions`: {key: function}, letters in lower case; one that returns `false` leaves the key to the browser. Ends with `signal`. */
export function keys(signal, actions) {
  const onKey = (event) => {
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || wanted(event.target, event.key)) return;
    if (action() !== false) event.preventDefault();
  };
  document.addEventListener("keydown", onKey, { signal });
}

/** True where the focused control has its own use for the key. */
function wanted(target, key) {
  if (target.closest("dialog, .menu, [role=tablist], select, textarea, input")) return true;
  return key === " " && target.closest("button, a, summary") !== null;
}
