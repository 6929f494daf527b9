"""Engines: what hears, behind one Protocol per capability, one file per library.

An engine knows no Django models, no Celery and no sockets: values in, values out. Making one is cheap and
says what it can do; its library and model are loaded at the first use, inside the process that works with
them, never in a Celery parent (a model that crosses a fork hangs).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times in seconds from the start of the samples; `probability` is 0 to 1."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text as the engine divides it; `words` lie within its times."""

    text: str
    start: float
    end: float
    confidence: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in some samples, and the code of the language it was said in."""

    segments: tuple[Segment, ...]
    language: str

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)


class Transcriber(Protocol):
    """Turns speech into text. Samples are 16 kHz mono, float32 from -1 to 1, at most 30 seconds long.

    `languages` are the codes it knows, `batch_size` how many pieces of one recording it likes to take at
    once, `longest_s` how long a piece may be.
    """

    name: str
    model: str
    languages: tuple[str, ...]
    can_translate: bool
    can_use_hotwords: bool
    batch_size: int
    longest_s: float

    def transcribe(self, samples: NDArray[np.float32], *, language: str, task: str, hotwords: str) -> Heard:
        """Hear one piece. `language` "" means: find out; `task` is "transcribe" or "translate" (to English).

        Raises `AppError("unsupported_option")` for what it cannot do, `AppError("engine_failed")` where it
        breaks.
        """
        ...

    def transcribe_many(
        self, pieces: Sequence[NDArray[np.float32]], *, language: str, task: str, hotwords: str
    ) -> list[Heard]:
        """Hear several pieces of one recording, one answer for each."""
        ...
