"""What stays of a text that is heard again and again: the words on which two passes in a row agree.

LocalAgreement-2 (Liu, Spanakis and Niehues, 2020; Macháček, Dabre and Bojar, 2023), with additions for the ways
in which a model of speech goes wrong. Pure.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from backend.engines.listening import LiveWord
from backend.engines.loops import compresses_well, without_loop

# A model moves a word by so much from one pass to the next.
JITTER_S: Final = 0.1
# A model may hear the last settled words once more, at the beginning of a window that was cut after them.
LONGEST_OVERLAP: Final = 5
OVERLAP_S: Final = 0.5
# A word as sure as this settles at once when the sound goes on for a while after it.
SURE: Final = 0.95
MARGIN_S: Final = 0.3
# A last word that is this improbable and this short is an echo of the one before it (faster-whisper's measure of an
# anomaly).
FRAGMENT: Final = 0.15
FRAGMENT_S: Final = 0.133


class Stabiliser:
    """The words since the last finished piece: `settled` ones, then `pending` ones.

    `before` is finished text that ended at `said_until`, and `settled` are words after it, where this goes on
    for another.
    """

    def __init__(self, settled: Sequence[LiveWord] = (), said_until: float = 0.0, before: str = "") -> None:
        self._settled = list(settled)
        self._pending: list[LiveWord] = []
        self._last = [*before.split(), *(word.text for word in settled)][-LONGEST_OVERLAP:]
        self.said_until = said_until

    @property
    def settled(self) -> tuple[LiveWord, ...]:
        return tuple(self._settled)

    @property
    def pending(self) -> tuple[LiveWord, ...]:
        return tuple(self._pending)

    def hear(self, words: Sequence[LiveWord], *, until: float, pause: bool = False) -> bool:
        """Take what a pass has heard in the sound since the last finished piece, which lasts `until`.

        `pause` says that nobody has spoken for a moment. False: the pass went round in circles and does not
        count.
        """
        if compresses_well("".join(word.text for word in words)) or len(without_loop((), words)) < len(words):
            return False
        new = self._in_time(self._unsaid([word for word in words if word.start < until]), until)
        while new and _is_fragment(new[-1]):
            new.pop()
        agreed = sum(1 for _ in takewhile(lambda pair: _same(*pair), zip(self._pending, new, strict=False)))
        sure = takewhile(lambda pair: _is_sure(*pair, until=until, pause=pause), _with_next(new[agreed:]))
        count = agreed + sum(1 for _ in sure)
        self._settle(new[:count])
        self._pending = new[count:]
        return True

    def finish(self) -> None:
        """Settle what is pending."""
        self._settle(self._pending)
        self._pending = []

    def take(self, count: int) -> tuple[LiveWord, ...]:
        """The first settled words, which are a finished piece now."""
        taken, self._settled = tuple(self._settled[:count]), self._settled[count:]
        return taken

    def _settle(self, words: Sequence[LiveWord]) -> None:
        self._settled += [replace(word, settled=True) for word in words]
        if words:
            self.said_until = words[-1].end
            self._last = [*self._last, *(word.text for word in words)][-LONGEST_OVERLAP:]

    def _unsaid(self, words: Sequence[LiveWord]) -> Sequence[LiveWord]:
        """The words without those that are settled: by their text where they begin like these, else by time."""
        known = len(self._settled)
        if known and [plain(word.text) for word in words[:known]] == [plain(word.text) for word in self._settled]:
            return words[known:]
        new = [word for word in words if word.start > self.said_until - JITTER_S]
        heard_again = len(new) < len(words) and _same_text(words[-len(new) - 1].text, *self._last[-1:])
        if not new or heard_again or new[0].start > self.said_until + OVERLAP_S:
            return new
        return new[self._overlap(new) :]

    def _overlap(self, words: Sequence[LiveWord]) -> int:
        last, new = [plain(text) for text in self._last], [plain(word.text) for word in words]
        sizes = range(min(len(last), len(new)), 0, -1)
        return next((size for size in sizes if last[-size:] == new[:size]), 0)

    def _in_time(self, words: Sequence[LiveWord], until: float) -> list[LiveWord]:
        """The words with times that never go back and lie within the sound."""
        tidy: list[LiveWord] = []
        earliest = self.said_until
        for word in words:
            start = min(max(word.start, earliest), until)
            earliest = min(max(word.end, start), until)
            tidy.append(replace(word, start=start, end=earliest, settled=False))
        return tidy


def plain(text: str) -> str:
    """A word as it is compared: without case and punctuation, which passes seldom agree on."""
    return "".join(sign for sign in text.casefold() if unicodedata.category(sign)[0] not in "PZ")


def _same(one: LiveWord, other: LiveWord) -> bool:
    return plain(one.text) == plain(other.text)


def _same_text(text: str, *others: str) -> bool:
    return any(plain(text) == plain(other) for other in others)


def _with_next(words: Sequence[LiveWord]) -> list[tuple[LiveWord, bool]]:
    return [(word, index + 1 < len(words)) for index, word in enumerate(words)]


def _is_fragment(word: LiveWord) -> bool:
    return word.probability < FRAGMENT and word.end - word.start < FRAGMENT_S


def _is_sure(word: LiveWord, is_followed: bool, *, until: float, pause: bool) -> bool:
    return word.probability > SURE and (pause or (is_followed and word.end <= until - MARGIN_S))
