"""Where a finished piece of text ends. Pure functions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from backend.engines.listening import LiveWord

_MARKS: Final = (".", "?", "!", "…", "。", "？", "！", "।", "؟", "۔")
_CLOSING: Final = "\"'”’»)]}」』"
_SHORT_FORMS: Final = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e."})
# Text without marks is divided in its widest gap, but into pieces of some length.
LONGEST_S: Final = 15.0
SHORTEST_S: Final = 5.0


def finished(words: Sequence[LiveWord]) -> int:
    """How many of the first words are a sentence that is followed by others; 0 where none is yet.

    Where 15 seconds hold no end of a sentence, the widest gap between two words is taken for one.
    """
    for index, word in enumerate(words[:-1]):
        if _ends_sentence(word):
            return index + 1
    if words and words[-1].end - words[0].start > LONGEST_S:
        return _widest_gap(words)
    return 0


def _ends_sentence(word: LiveWord) -> bool:
    text = word.text.strip().rstrip(_CLOSING)
    return text.endswith(_MARKS) and text.casefold() not in _SHORT_FORMS


def _widest_gap(words: Sequence[LiveWord]) -> int:
    gaps = [
        (after.start - before.end, index)
        for index, (before, after) in enumerate(pairwise(words), start=1)
        if before.end - words[0].start >= SHORTEST_S
    ]
    return max(gaps)[1] if gaps else 0
