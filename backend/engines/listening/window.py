"""The sound that may still be heard again: the last part of a recording, of bounded length."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE

CAPACITY: Final = 30 * SAMPLE_RATE


class Window:
    """Sound from the sample `start` of a recording to its sample `end`; beyond 30 seconds the oldest is lost."""

    def __init__(self, start: int) -> None:
        self._sound = np.zeros(CAPACITY, np.int16)
        self.start = self.end = start

    def append(self, samples: NDArray[np.int16]) -> None:
        """Add at most 30 seconds."""
        self.cut(self.end + len(samples) - CAPACITY)
        self._sound[len(self) : len(self) + len(samples)] = samples
        self.end += len(samples)

    def cut(self, start: int) -> None:
        """Forget what lies before the sample `start`."""
        start = min(start, self.end)
        if start > self.start:
            kept = self._sound[start - self.start : len(self)].copy()
            self._sound[: len(kept)] = kept
            self.start = start

    def sound(self) -> NDArray[np.int16]:
        return self._sound[: len(self)].copy()

    def __len__(self) -> int:
        return self.end - self.start
