"""A long text in pieces that fit into a model's context. Pure functions."""

from collections.abc import Iterator
from typing import Final

from backend.engines.chatting.context import tokens_of

# Where a piece may end, the best places first; each is looked for in its last part.
_PLACES: Final = ("\n\n", "\n", ". ", "。", " ")
_SEARCHED: Final = 0.25
LEAST: Final = 200


def split(text: str, tokens: int) -> list[str]:
    """The text in pieces of at most so many tokens each, cut between paragraphs, lines, sentences or words where
    there are any; together they are the text. `tokens` is at least 200.
    """
    return list(_pieces(text, max(tokens, LEAST)))


def _pieces(text: str, tokens: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        # No token is longer than 3.6 characters: more of them than this do not fit.
        window = text[start : start + tokens * 4]
        piece = window if tokens_of(window) <= tokens else _cut(window, tokens)
        yield piece
        start += len(piece)


def _cut(window: str, tokens: int) -> str:
    """The longest beginning of a text that fits, up to a good place to end."""
    low, high = 1, len(window)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens_of(window[:middle]) <= tokens else (low, middle - 1)
    first = int(low * (1 - _SEARCHED))
    for place in _PLACES:
        found = window.rfind(place, first, low)
        if found > 0:
            return window[: found + len(place)]
    return window[:low]
