"""Diarization: who speaks when. One Protocol, one file per engine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import AppError

MOST_SPEAKERS: Final = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker from one time to another, in seconds. Speakers are "S1", "S2", … by their first appearance."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True, slots=True)
class Speakers:
    """How many voices there are: `exact`, or at `least` and at `most`. 0 means: not said.

    Raises `AppError("unsupported_option")` where the numbers contradict each other or go beyond 20.
    """

    exact: int = 0
    least: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= number <= MOST_SPEAKERS for number in (self.exact, self.least, self.most)):
            raise AppError("unsupported_option", f"The number of speakers must be from 1 to {MOST_SPEAKERS}.")
        if self.exact and (self.least or self.most):
            raise AppError("unsupported_option", "Say either how many speakers there are, or a least and a most.")
        if self.most and self.least > self.most:
            raise AppError("unsupported_option", "The least number of speakers is greater than the most.")


@dataclass(frozen=True, slots=True)
class Diarization:
    """`turns` may overlap where people speak at once; `exclusive` has one voice at a time. Both in order."""

    turns: tuple[Turn, ...]
    exclusive: tuple[Turn, ...]


class Diarizer(Protocol):
    """Tells the voices of a recording apart."""

    name: str
    model: str

    def diarize(
        self, samples: NDArray[np.int16], *, speakers: Speakers, report: Callable[[float], None]
    ) -> Diarization:
        """Who speaks when in 16 kHz mono samples, which may be mapped from a file of hours.

        `report` gets the share done, rising to 1, and may raise to stop. Raises `AppError("engine_failed")`.
        """
        ...


def by_appearance(turns: Iterable[Turn]) -> dict[str, str]:
    """The name that each label of `turns` gets: "S1" for the one that speaks first, and so on."""
    labels = dict.fromkeys(turn.speaker for turn in sorted(turns, key=lambda turn: (turn.start, turn.end)))
    return {label: f"S{number}" for number, label in enumerate(labels, start=1)}


def renamed(turns: Iterable[Turn], names: dict[str, str]) -> tuple[Turn, ...]:
    """The turns in order of time, under new names, with times in thousandths."""
    ordered = sorted(turns, key=lambda turn: (turn.start, turn.end, names[turn.speaker]))
    return tuple(Turn(round(turn.start, 3), round(turn.end, 3), names[turn.speaker]) for turn in ordered)
