"""Hearing a recording while it is being made: text that grows, and settles word by word.

A listener is fed samples as they arrive and answers with outputs. Each word is shown early, may change while
it is unsettled, and never changes once it is settled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LiveWord:
    """A word with its times in seconds from the start of the recording; `probability` is 0 to 1.

    `text` keeps its leading blank, so that words are joined by "". A settled word never changes any more.
    """

    text: str
    start: float
    end: float
    probability: float
    settled: bool = True


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak, `at` seconds from the start of the recording."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Nobody has spoken since `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class Partial:
    """Every word since the last `Final`: settled ones first, then unsettled ones; none clears what was shown."""

    words: tuple[LiveWord, ...]


@dataclass(frozen=True, slots=True)
class Final:
    """A finished piece, a sentence or all that was said until a pause. All its words are settled; it is never empty."""

    words: tuple[LiveWord, ...]


Output: TypeAlias = SpeechStarted | SpeechEnded | Partial | Final


@dataclass(frozen=True, slots=True)
class Resume:
    """Where another listener, in another process, goes on without losing or repeating a word.

    It is fed the recording from `sample` (of 16,000 a second) on. `settled` are the settled words that are in
    no `Final` yet, `said_until` is the end of the last settled word (0.0: none), and `before` the end of the
    finished text, for the engine's prompt.
    """

    sample: int = 0
    settled: tuple[LiveWord, ...] = ()
    said_until: float = 0.0
    before: str = ""


class Listener(Protocol):
    """Hears one recording as it arrives. For one thread."""

    @property
    def language(self) -> str:
        """The code of the language that is heard; "" while it is not known."""
        ...

    @property
    def processed_s(self) -> float:
        """Up to here the recording has been heard, in seconds from its start."""
        ...

    @property
    def resume(self) -> Resume:
        """The state between two outputs."""
        ...

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Output]:
        """Hear what has arrived, however little or much. The caller takes the outputs to the end.

        Raises `AppError("engine_failed")` where the engine breaks.
        """
        ...

    def finalize(self) -> Iterator[Output]:
        """Settle and finish all that was fed. More may be fed afterwards."""
        ...


class LiveTranscriber(Protocol):
    """Makes listeners. `languages` are the codes it knows."""

    name: str
    model: str
    languages: tuple[str, ...]
    can_translate: bool
    can_use_hotwords: bool

    def listen(self, *, language: str, task: str, hotwords: str, resume: Resume | None = None) -> Listener:
        """A listener for one recording. `language` "" means: find out; `task` is "transcribe" or "translate".

        Raises `AppError("unsupported_option")` for what the engine cannot do.
        """
        ...
