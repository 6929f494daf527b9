"""Where somebody speaks: the Silero voice detector that comes with faster-whisper, fed block by block.

Its network remembers what came before, so that a recording of any length is walked through in bounded memory
with the same result as in one call.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE
from backend.engines.chunks import Span

WINDOW: Final = 512
_CONTEXT: Final = 64
# About half a minute: often enough for progress, seldom enough not to cost anything.
BLOCK: Final = 1024


@dataclass(frozen=True, slots=True)
class Hysteresis:
    """When speech begins and ends. `off` is lower than `on`, so that a wavering voice stays one span."""

    on: float = 0.5
    off: float = 0.35
    min_speech: int = SAMPLE_RATE // 10
    min_silence: int = SAMPLE_RATE * 16 // 100
    pad: int = SAMPLE_RATE // 5


def probabilities(samples: NDArray[np.int16], report: Callable[[float], None] = lambda _: None) -> Sequence[float]:
    """How likely each window of 512 samples holds speech. `report` gets the share done, and may raise to
    stop.
    """
    detector = Detector()
    found = array("f")
    for start in range(0, len(samples), BLOCK * WINDOW):
        block = samples[start : start + BLOCK * WINDOW]
        found.extend(detector.feed(block))
        report(min(1.0, (start + len(block)) / len(samples)))
    return found


def speech(likely: Sequence[float], length: int, rule: Hysteresis | None = None) -> list[Span]:
    """The spans of speech in a recording of `length` samples, padded, in order, not overlapping."""
    rule = rule or Hysteresis()
    return _padded(_spans(likely, length, rule), length, rule.pad)


class Detector:
    """The network with its memory of one recording."""

    def __init__(self) -> None:
        from faster_whisper.vad import get_vad_model

        self._session = get_vad_model().session
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def feed(self, block: NDArray[np.int16]) -> list[float]:
        """How likely each window of the next samples holds speech; a last window that is not full is taken for it."""
        windows = -(-len(block) // WINDOW)
        audio = np.zeros(windows * WINDOW, np.float32)
        audio[: len(block)] = block.astype(np.float32) / 32768.0
        rows = audio.reshape(windows, WINDOW)
        before = np.vstack([self._context[None], rows[:-1, -_CONTEXT:]])
        output, self._hidden, self._cell = self._session.run(
            None, {"input": np.hstack([before, rows]), "h": self._hidden, "c": self._cell}
        )
        self._context = rows[-1, -_CONTEXT:].copy()
        return [float(value) for value in output.reshape(-1)]


def _spans(likely: Sequence[float], length: int, rule: Hysteresis) -> list[Span]:
    spans: list[Span] = []
    start: int | None = None
    quiet_since: int | None = None
    for index, probability in enumerate(likely):
        here = index * WINDOW
        if probability >= rule.on:
            start, quiet_since = here if start is None else start, None
        elif probability < rule.off and start is not None:
            quiet_since = here if quiet_since is None else quiet_since
            if here - quiet_since >= rule.min_silence:
                spans.append(Span(start, quiet_since))
                start = quiet_since = None
    if start is not None:
        spans.append(Span(start, length))
    return [span for span in spans if span.length > rule.min_speech]


def _padded(spans: list[Span], length: int, pad: int) -> list[Span]:
    """Each span grown by `pad` on both sides; where two would meet they share the silence between them."""
    grown: list[Span] = []
    for index, span in enumerate(spans):
        before = spans[index - 1].end if index else 0
        after = spans[index + 1].start if index + 1 < len(spans) else length
        left = pad if not index or span.start - before >= 2 * pad else (span.start - before) // 2
        right = pad if index + 1 == len(spans) or after - span.end >= 2 * pad else (after - span.end) // 2
        grown.append(Span(max(0, span.start - left), min(length, span.end + right)))
    return grown
