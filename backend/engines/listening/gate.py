"""Whether somebody speaks, while the sound arrives: voice detection window by window, in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE
from backend.engines.voice import BLOCK, WINDOW, Detector, Hysteresis

# Speech ends after this silence; a pause within it is noticed much earlier.
END_SILENCE: Final = SAMPLE_RATE // 2
PAUSE: Final = SAMPLE_RATE * 16 // 100
_RULE: Final = Hysteresis(min_silence=END_SILENCE)


class Change(Enum):
    NONE = auto()
    STARTED = auto()
    PAUSED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class Tick:
    """A window of the sound, and how likely it holds speech. `end` is the sample behind it; `at` is where the change
    happened, which is noticed later.

    `speaking` holds from a start to an end, pauses included; `quiet` says that there is a pause now. `onset` is where
    speech may have begun, when it is too early to tell.
    """

    samples: NDArray[np.int16]
    probability: float
    end: int
    change: Change
    at: int
    speaking: bool
    quiet: bool
    onset: int


class Gate:
    """Finds speech in a recording that is fed from the sample `start` on, a multiple of `WINDOW`.

    Up to `deaf_until` it only listens in: its network needs to have heard some sound before its judgement is that of
    a network that has heard everything. `speaking` says that somebody speaks at `deaf_until`.
    """

    def __init__(self, start: int = 0, deaf_until: int = 0, *, speaking: bool = False) -> None:
        self._detector = Detector()
        self._deaf_until = max(start, deaf_until)
        self._rest = np.zeros(0, np.int16)
        self._position = start
        self._onset: int | None = self._deaf_until if speaking else None
        self._quiet_since: int | None = None
        self._speaking = speaking
        self._paused = False

    @property
    def speaking(self) -> bool:
        return self._speaking

    @property
    def position(self) -> int:
        """The sample up to which the recording was judged."""
        return self._position

    @property
    def rest(self) -> NDArray[np.int16]:
        """What was fed after that, too short to be judged."""
        return self._rest

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Tick]:
        """A tick for each window that is complete."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) - len(sound) % WINDOW
        self._rest = sound[whole:].copy()
        for start in range(0, whole, BLOCK * WINDOW):
            block = sound[start : min(start + BLOCK * WINDOW, whole)]
            windows = block.reshape(-1, WINDOW)
            for probability, window in zip(self._detector.feed(block), windows, strict=True):
                yield self._judge(probability, window)

    def end_speech(self) -> None:
        """Take the speech for ended here; it may begin again with the next window."""
        self._onset = self._quiet_since = None
        self._speaking = self._paused = False

    def _judge(self, probability: float, window: NDArray[np.int16]) -> Tick:
        here, self._position = self._position, self._position + WINDOW
        change, at = Change.NONE, here
        if here >= self._deaf_until:
            change, at = self._advance(probability, here)
        onset = self._position if self._onset is None else self._onset
        quiet = self._quiet_since is not None
        return Tick(window, probability, self._position, change, at, self._speaking, quiet, onset)

    def _advance(self, probability: float, here: int) -> tuple[Change, int]:
        if probability >= _RULE.on:
            self._onset = here if self._onset is None else self._onset
            self._quiet_since, self._paused = None, False
        elif probability < _RULE.off and self._onset is not None and self._quiet_since is None:
            self._quiet_since = here
        if self._onset is None:
            return Change.NONE, here
        return self._in_silence(here, self._quiet_since) if self._quiet_since is not None else self._in_voice(here)

    def _in_voice(self, here: int) -> tuple[Change, int]:
        assert self._onset is not None
        if self._speaking or here + WINDOW - self._onset <= _RULE.min_speech:
            return Change.NONE, here
        self._speaking = True
        return Change.STARTED, self._onset

    def _in_silence(self, here: int, since: int) -> tuple[Change, int]:
        silence = here + WINDOW - since
        if silence >= (END_SILENCE if self._speaking else PAUSE):
            change = Change.ENDED if self._speaking else Change.NONE
            self.end_speech()
            return change, since
        if self._speaking and not self._paused and silence >= PAUSE:
            self._paused = True
            return Change.PAUSED, since
        return Change.NONE, here
