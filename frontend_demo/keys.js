// The keyboard of the transcript page: space, arrows and slash, where no control wants them.

const STEP_S = 5;

/** Listen until `signal` is aborted. */
export function keys(signal, player, search) {
  const actions = {
    " ": () => player.toggle(),
    ArrowLeft: () => player.skip(-STEP_S),
    ArrowRight: () => player.skip(STEP_S),
    "/": search,
  };
  const onKey = (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || wanted(event.target, event.key)) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", onKey, { signal });
}

/** True where the focused control has its own use for the key. */
function wanted(target, key) {
  if (target.closest("dialog, .menu, [role=tablist], select, textarea, input")) return true;
  return key === " " && target.closest("button, a, summary") !== null;
}
