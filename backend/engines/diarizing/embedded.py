"""Diarization without any model to fetch: voice detection, voice prints of short windows, and clustering.

It works offline on any machine and tells clear voices apart well; it cannot hear two people at once.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE, voice
from backend.engines.audio import as_float
from backend.engines.chunks import Span, cut
from backend.engines.diarizing import Diarization, Speakers, Turn, by_appearance, renamed
from backend.engines.diarizing.clustering import find_voices, follow
from backend.engines.diarizing.voice_print import VoiceEncoder

# Shorter pauses do not end a turn.
PAUSE_S: Final = 0.3
# The voice is looked at this often, through a window of this many frames of 10 ms: long enough to know a
# voice, short enough to see where one follows the other.
STEP_S: Final = 0.2
WINDOW_FRAMES: Final = 80
# For clustering, prints are averaged over so many steps (1.8 seconds of sound), each second step.
_AVERAGED: Final = 6
_STRIDE: Final = 2
# Where the first and the last print differ more than this, somebody else may have begun to speak.
_MIXED: Final = 0.45
_LONGEST_PIECE_S: Final = 20.0
_RULE: Final = voice.Hysteresis(on=0.4, off=0.25, min_silence=int(PAUSE_S * SAMPLE_RATE), pad=SAMPLE_RATE * 6 // 100)
_FRAMES_PER_SECOND: Final = 100
# The encoder was trained on speech of this loudness; silence is not raised without limit.
_LOUDNESS: Final = 10 ** (-30 / 20)
_MOST_GAIN: Final = 10.0
_DETECTED: Final = 0.4
_PRINTED: Final = 0.95


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of speech: a print for each of its steps, which divide it evenly."""

    span: Span
    prints: NDArray[np.float32]

    def moments(self) -> NDArray[np.float64]:
        """The seconds at which its steps begin, and the one at which the last ends."""
        return np.linspace(self.span.start, self.span.end, len(self.prints) + 1) / SAMPLE_RATE


class EmbeddedDiarizer:
    """Turns never overlap here: `exclusive` is the same as `turns`."""

    name = "embedded"

    def __init__(self, model: str = "") -> None:
        self.model = model or "ge2e"
        self._lock = threading.Lock()
        self._loaded: VoiceEncoder | None = None

    def diarize(
        self, samples: NDArray[np.int16], *, speakers: Speakers, report: Callable[[float], None]
    ) -> Diarization:
        likely = voice.probabilities(samples, lambda share: report(share * _DETECTED))
        spans = voice.speech(likely, len(samples), _RULE)
        longest = int(_LONGEST_PIECE_S * SAMPLE_RATE)
        # No silence is short enough to be kept within a piece.
        pieces = cut(spans, likely, longest=longest, silence=0, window=voice.WINDOW)
        stretches = []
        for stretch in self._printed(samples, pieces):
            stretches.append(stretch)
            report(_DETECTED + (_PRINTED - _DETECTED) * len(stretches) / len(pieces))
        turns = _turns(stretches, speakers) if stretches else ()
        report(1.0)
        return Diarization(turns, turns)

    def _printed(self, samples: NDArray[np.int16], pieces: list[Span]) -> Iterator[_Stretch]:
        gain = _gain(samples, pieces)
        for piece in pieces:
            sound = as_float(samples[piece.start : piece.end]) * gain
            seconds = piece.length / SAMPLE_RATE
            steps = max(1, round(seconds / STEP_S))
            centres = ((np.arange(steps) + 0.5) * seconds / steps * _FRAMES_PER_SECOND).astype(np.int64)
            yield _Stretch(piece, self._encoder().prints(sound, centres, WINDOW_FRAMES))

    def _encoder(self) -> VoiceEncoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = VoiceEncoder()
            return self._loaded


def _gain(samples: NDArray[np.int16], pieces: list[Span]) -> np.float32:
    power = sum(float(np.square(as_float(samples[piece.start : piece.end])).sum()) for piece in pieces)
    loudness = np.sqrt(power / max(1, sum(piece.length for piece in pieces)))
    return np.float32(min(_MOST_GAIN, _LOUDNESS / max(loudness, np.finfo(np.float32).tiny)))


def _turns(stretches: list[_Stretch], speakers: Speakers) -> tuple[Turn, ...]:
    voices = find_voices(_averages(stretches), speakers)
    turns: list[Turn] = []
    for stretch in stretches:
        moments = stretch.moments()
        for step, number in enumerate(follow(stretch.prints, voices)):
            start, end, speaker = float(moments[step]), float(moments[step + 1]), str(number)
            if turns and turns[-1].speaker == speaker and start - turns[-1].end < PAUSE_S:
                turns[-1] = Turn(turns[-1].start, end, speaker)
            else:
                turns.append(Turn(start, end, speaker))
    return renamed(turns, by_appearance(turns))


def _averages(stretches: list[_Stretch]) -> NDArray[np.float32]:
    """Prints of longer windows that hold one voice; where there are none, those of what there is."""
    pure: list[NDArray[np.float32]] = []
    rest: list[NDArray[np.float32]] = []
    for stretch in stretches:
        # The windows at the edges are moved inside, so that the outermost two are nearly the same.
        prints = stretch.prints[1:-1] if len(stretch.prints) > 2 else stretch.prints
        for first in range(0, max(1, len(prints) - _AVERAGED + 1), _STRIDE):
            window = prints[first : first + _AVERAGED]
            is_pure = len(window) == _AVERAGED and float(window[0] @ window[-1]) > 1 - _MIXED
            (pure if is_pure else rest).append(window.mean(axis=0))
    vectors = np.stack(pure or rest)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
