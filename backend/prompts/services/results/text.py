"""Text as the cells of spreadsheets can hold it. Pure functions."""

import re
from collections.abc import Iterator
from typing import Final

# Excel counts a cell's text in units of UTF-16, so that an emoji takes two.
MAX_UNITS: Final = 32_767

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END: Final = re.compile(r"\r\n?")
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def legible(text: str) -> str:
    """The text with U+FFFD for what XML cannot hold, and with line ends as cells have them."""
    return _NOT_XML.sub("\ufffd", _LINE_END.sub("\n", text))


def escaped(text: str) -> str:
    """The text as a workbook stores it: there `_x0041_` would be an A, and `_x005F_` is a low line (ECMA-376, part 1,
    22.9.2.19).
    """
    return _ESCAPE.sub("_x005F_", text)


def fits(text: str) -> bool:
    return len(text) * 2 <= MAX_UNITS or _units(escaped(text)) <= MAX_UNITS


def beginning(text: str, mark: str) -> str:
    """As much of a text that does not fit as does together with a mark at its end."""
    return _head(text, MAX_UNITS - _units(mark)) + mark


def pieces(text: str) -> Iterator[str]:
    """The text in pieces that fit, which make up the text again when they are put together."""
    start = 0
    while start < len(text):
        piece = _head(text[start : start + MAX_UNITS], MAX_UNITS)
        yield piece
        start += len(piece)


def _head(text: str, units: int) -> str:
    head = _first(text, units)
    while (excess := _units(escaped(head)) - units) > 0:
        # An escape doubles its text at most, so that half the excess is never too much.
        head = _first(head, _units(head) - max(1, excess // 2))
    return head


def _first(text: str, units: int) -> str:
    """The longest beginning with at most so many units; it never ends within a character."""
    return text[:units].encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
