"""Text that goes round in circles, which models of speech fall into. Pure functions."""

import zlib
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

# Text that compresses better than this repeats itself (the value that Whisper's authors use).
TOO_REPETITIVE: Final = 2.4
MAX_REPEATS: Final = 4
LONGEST_LOOP: Final = 8


class HasText(Protocol):
    """A word of any kind."""

    @property
    def text(self) -> str: ...


Word = TypeVar("Word", bound=HasText)


def without_loop(before: Sequence[HasText], words: Sequence[Word]) -> list[Word]:
    """The words up to where a phrase is said for the fourth time in a row, counting those `before`."""
    said = [word.text.strip().casefold() for word in before[-LONGEST_LOOP * MAX_REPEATS :]]
    for index, word in enumerate(words):
        said.append(word.text.strip().casefold())
        if any(_repeats(said, size) for size in range(2, LONGEST_LOOP + 1)):
            return list(words[:index])
    return list(words)


def compresses_well(text: str) -> bool:
    """Whether a text repeats itself so much that nobody will have said it."""
    encoded = text.encode()
    return len(encoded) > TOO_REPETITIVE * len(zlib.compress(encoded))


def _repeats(said: Sequence[str], size: int) -> bool:
    tail = list(said[-size * MAX_REPEATS :])
    phrase = tail[:size]
    return len(tail) == size * MAX_REPEATS and tail == phrase * MAX_REPEATS and len(set(phrase)) > 1
