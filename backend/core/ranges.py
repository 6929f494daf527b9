"""The header `Range` of HTTP, as far as players and downloads use it: one range of bytes. Pure functions."""

import re
from dataclasses import dataclass
from typing import Final

_ONE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From one byte to another, the end not included."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def parse_range(header: str, size: int) -> ByteRange | None:
    """The range that a header asks for; None for no header, and for one that is to be ignored (several
    ranges, other units, nonsense). Raises `Unsatisfiable`.
    """
    match = _ONE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return _last(int(match[2]), size)
    start = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, min(last + 1, size))


def _last(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return ByteRange(max(0, size - length), size)
