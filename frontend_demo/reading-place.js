// Keeps a reader where they are when the text below their eyes is replaced by another one.

// What is above is covered by the tools that stick to the top.
const TOP_PX = 80;

/** Note the moment of the recording that is read; the function that is returned goes back there. */
export function keepPlace(text) {
  const read = text.segments.length && scrollY > 0 ? rowAtTop(text) : null;
  const focused = text.rowOf(document.activeElement)?.segment.start;
  const before = read?.element.getBoundingClientRect().top;
  return () => {
    const again = read && rowAt(text, read.segment.start);
    if (again) scrollBy({ top: again.element.getBoundingClientRect().top - before, behavior: "instant" });
    if (focused !== undefined) rowAt(text, focused)?.element.focus({ preventScroll: true });
  };
}

function rowAtTop(text) {
  const rows = text.segments.map((segment) => text.rowOf(segment.id));
  return rows.find((row) => row.element.getBoundingClientRect().bottom > TOP_PX) ?? null;
}

function rowAt(text, seconds) {
  const { segments } = text;
  const segment = segments.findLast(({ start }) => start <= seconds) ?? segments[0];
  return segment && text.rowOf(segment.id);
}
