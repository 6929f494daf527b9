"""Where to cut a recording: pieces of speech short enough for an engine, cut where nobody speaks. Pure
functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# A longer silence ends a chunk: engines invent words in it.
LONGEST_SILENCE_S: Final = 3.0
# Speech without a pause is cut in the later part of what still fits, so that no sliver is left.
EARLIEST_CUT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """From one sample to another, the end not included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def cut(
    speech: Sequence[Span], probabilities: Sequence[float], *, longest: int, silence: int, window: int
) -> list[Span]:
    """Join spans of speech to chunks of at most `longest` samples without a silence of `silence` or more
    within.

    `speech` is in order and does not overlap; `probabilities` holds that of speech for each `window` samples.
    All speech is in exactly one chunk, and no chunk begins or ends with silence.
    """
    chunks: list[Span] = []
    for span in _short_enough(speech, probabilities, longest, window):
        last = chunks[-1] if chunks else None
        if last and span.end - last.start <= longest and span.start - last.end < silence:
            chunks[-1] = Span(last.start, span.end)
        else:
            chunks.append(span)
    return chunks


def _short_enough(speech: Sequence[Span], probabilities: Sequence[float], longest: int, window: int) -> list[Span]:
    pieces: list[Span] = []
    for span in speech:
        start = span.start
        while span.end - start > longest:
            middle = _best_pause(start + int(longest * EARLIEST_CUT), start + longest, probabilities, window)
            pieces.append(Span(start, middle))
            start = middle
        pieces.append(Span(start, span.end))
    return [piece for piece in pieces if piece.length > 0]


def _best_pause(earliest: int, latest: int, probabilities: Sequence[float], window: int) -> int:
    """The middle of the window between two samples where speech is least likely, neighbours counted; else the
    latest.
    """
    first, last = -(-earliest // window), min(latest // window, len(probabilities))
    if first >= last:
        return latest
    padded = [1.0, *probabilities[first:last], 1.0]
    quiet = [left + 2 * here + right for (left, here), (_, right) in pairwise(pairwise(padded))]
    best = min(range(len(quiet)), key=lambda index: (quiet[index], -index))
    return min((first + best) * window + window // 2, latest)
