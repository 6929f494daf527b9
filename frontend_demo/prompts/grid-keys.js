// Moves through a grid by the keys of the usual pattern.

/** `grid`: {active, size, pageSize, focus(index, column), open(index, column)}. */
export function gridKeys(event, grid) {
  if (!event.target.closest("[role=gridcell], [role=rowheader]") || event.altKey || event.metaKey) return;
  const { index, column } = grid.active;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    grid.open(index, column);
    return;
  }
  const to = target(event, grid);
  if (!to) return;
  event.preventDefault();
  const { rows, columns } = grid.size;
  grid.focus(Math.max(0, Math.min(to[0], rows - 1)), Math.max(0, Math.min(to[1], columns - 1)));
}

function target({ key, ctrlKey }, { active: { index, column }, size, pageSize }) {
  const everywhere = { Home: [0, 0], End: [size.rows - 1, size.columns - 1] };
  if (ctrlKey) return everywhere[key];
  return {
    ArrowDown: [index + 1, column],
    ArrowUp: [index - 1, column],
    ArrowRight: [index, column + 1],
    ArrowLeft: [index, column - 1],
    PageDown: [index + pageSize, column],
    PageUp: [index - pageSize, column],
    Home: [index, 0],
    End: [index, size.columns - 1],
  }[key];
}
