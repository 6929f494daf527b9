"""The sound of what is being said now, for engines that hear it as it grows."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE
from backend.engines.listening import Resume
from backend.engines.listening.gate import Change, Gate, Tick
from backend.engines.listening.window import Window
from backend.engines.voice import WINDOW

# Speech begins a little before it is noticed.
PRE_ROLL: Final = 8 * WINDOW
# After some ten seconds the voice detector judges like one that has heard the recording from its beginning.
WARM_UP: Final = 320 * WINDOW


class Utterance:
    """Follows a recording from `resume` on, and keeps the sound from the beginning of what is being said.

    All positions are multiples of the detector's window, so that another one, made from `resume_sample`, divides
    the recording in the same places.
    """

    def __init__(self, resume: Resume) -> None:
        first = resume.settled[0].start - seconds(PRE_ROLL) if resume.settled else resume.said_until
        start = resume.sample + WARM_UP if resume.sample else _aligned(max(0.0, first))
        # With settled words in hand somebody was speaking, at least until their end.
        judged_from = max(start, _aligned(resume.said_until)) if resume.settled else start
        self._gate = Gate(resume.sample, judged_from, speaking=bool(resume.settled))
        self._window = Window(start)

    @property
    def start(self) -> int:
        return self._window.start

    @property
    def end(self) -> int:
        """The sample up to which the sound was judged and can be heard."""
        return max(self._window.end, self._gate.position)

    @property
    def received(self) -> int:
        return self._gate.position + len(self._gate.rest)

    @property
    def resume_sample(self) -> int:
        return max(0, self.start - WARM_UP)

    @property
    def speaking(self) -> bool:
        return self._gate.speaking

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Tick]:
        for tick in self._gate.feed(samples):
            if tick.end > self._window.end:
                self._window.append(tick.samples)
            if tick.change is Change.STARTED:
                self._window.cut(tick.at - PRE_ROLL)
            elif not tick.speaking and tick.change is not Change.ENDED:
                self._window.cut(tick.onset - PRE_ROLL)
            yield tick

    def sound(self) -> NDArray[np.int16]:
        """From `start` to `end`."""
        return self._window.sound()

    def whole_sound(self) -> NDArray[np.int16]:
        """From `start` to all that was received."""
        return np.concatenate([self._window.sound(), self._gate.rest])

    def cut(self, at: float) -> None:
        """Forget the sound before a time in seconds."""
        self._window.cut(_aligned(at))

    def end_speech(self) -> None:
        """Take what is being said for ended; a voice that goes on begins anew."""
        self._gate.end_speech()


def seconds(samples: int) -> float:
    return samples / SAMPLE_RATE


def _aligned(at: float) -> int:
    return int(at * SAMPLE_RATE) // WINDOW * WINDOW
