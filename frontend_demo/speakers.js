// Who speaks in a transcript: shown names, initials, colours, voices that were merged, and shares of the time.

const COLOURS = 8;
const JOIN_S = 0.5;

/** The voices of one text: `[{label, name, merged_into}]`, as the server tells them. */
export class Speakers {
  #all;

  constructor(list = []) {
    this.#all = new Map(list.map((speaker) => [speaker.label, speaker]));
  }

  /** The label under which a voice is shown: its own, or that of the one it was merged into. */
  shownAs(label) {
    let at = label;
    for (let step = this.#all.size; step > 0 && this.#all.get(at)?.merged_into; step -= 1) {
      at = this.#all.get(at).merged_into;
    }
    return at;
  }

  /** The name that people read; "" where nobody was found. */
  nameOf(label) {
    const shown = this.shownAs(label);
    return this.#all.get(shown)?.name || plainName(shown);
  }

  /** A voice's own name, whatever it was merged into. */
  ownName(label) {
    return this.#all.get(label)?.name || plainName(label);
  }

  /** The labels that stand for themselves. */
  get shown() {
    return [...this.#all.keys()].filter((label) => this.shownAs(label) === label);
  }

  /** The labels that were merged into this one. */
  mergedInto(label) {
    return [...this.#all.keys()].filter((other) => other !== label && this.shownAs(other) === label);
  }
}

/** "S2" → "Speaker 2". */
function plainName(label) {
  return label.replace(/^S(?=\d+$)/, "Speaker ");
}

/** "Anna Berg" → "AB", "Speaker 2" → "2", "Anna" → "A". */
export function initials(name) {
  const plain = /^Speaker (\d+)$/.exec(name);
  if (plain) return plain[1];
  const words = name.split(/\s+/).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words;
  return picked.map((word) => [...word][0].toUpperCase()).join("");
}

/** The number of a label's colour: the same voice keeps it, whoever else is merged or renamed. */
export function colourOf(label) {
  const number = Number(/\d+$/.exec(label)?.[0] ?? 1);
  return (((number - 1) % COLOURS) + COLOURS) % COLOURS + 1;
}

/**
 * Who speaks when and how much: `[{label, spans: [{start, end}], seconds, share}]` in the order of the speakers.
 * `turns` where an engine gave them, as far as nobody has given a passage to somebody else; otherwise the segments.
 */
export function talk(speakers, turns, segments) {
  const lanes = new Map(speakers.shown.map((label) => [label, []]));
  const said = segments.filter((segment) => segment.speaker);
  const pieces = turns.length ? corrected(speakers, turns, said) : said;
  for (const { start, end, speaker } of pieces) {
    const label = speakers.shownAs(speaker);
    if (!lanes.has(label)) lanes.set(label, []);
    lanes.get(label).push({ start, end });
  }
  const total = pieces.reduce((sum, { start, end }) => sum + end - start, 0) || 1;
  return [...lanes].map(([label, spans]) => {
    const seconds = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    return { label, spans: joined(spans), seconds, share: seconds / total };
  });
}

function corrected(speakers, turns, segments) {
  let result = turns;
  for (const { start, end, speaker, version } of segments) {
    if (version < 2) continue;
    const inside = result.filter((turn) => turn.start < end && turn.end > start);
    if (inside.some((turn) => speakers.shownAs(turn.speaker) === speakers.shownAs(speaker))) continue;
    result = [...result.flatMap((turn) => without(turn, start, end)), { start, end, speaker }];
  }
  return result;
}

/** What is left of a turn before `start` and after `end`. */
function without(turn, start, end) {
  const left = [{ ...turn, end: Math.min(turn.end, start) }, { ...turn, start: Math.max(turn.start, end) }];
  return left.filter((piece) => piece.end > piece.start);
}

/** Neighbours with a breath between them become one; `spans` may be in any order. */
export function joined(spans, gap = JOIN_S) {
  const result = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last && start - last.end < gap) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}
