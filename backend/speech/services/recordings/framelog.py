"""The frames of a recording on disk, numbered, in the order in which they were sent.

Every attempt at the work appends to a file of its own, so that one that was given up for dead and wakes up again
writes into nobody's file. What two of them hold twice is the same, and counts once.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

_HEADER: Final = struct.Struct("<II")


class FrameLog:
    """For appending. `directory` is the recording's, `attempt` rises from one writer to the next."""

    def __init__(self, directory: Path, attempt: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.next_number = next_number(directory)
        self._file: BinaryIO = (directory / f"{attempt:08}").open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, number: int, data: bytes) -> bool:
        """Write a frame; False for one that is there already. Raises `MissingFrame` where one before it is not."""
        if number < self.next_number:
            return False
        if number > self.next_number:
            raise MissingFrame(self.next_number)
        self._file.write(_HEADER.pack(number, len(data)) + data)
        self.next_number += 1
        return True

    def flush(self) -> None:
        """Hand what was appended to the operating system: from then on it survives the end of this process."""
        self._file.flush()


class MissingFrame(Exception):
    """A frame was taken out of the queue by somebody else; the log must be read again."""


def next_number(directory: Path) -> int:
    """The number after the last frame that is on disk."""
    return sum(1 for _ in _frames(directory, skip=True))


def payloads(directory: Path) -> Iterator[bytes]:
    """The frames in order, each once."""
    for _, data in _frames(directory, skip=False):
        yield data


def _frames(directory: Path, *, skip: bool) -> Iterator[tuple[int, bytes]]:
    expected = 0
    for path in sorted(directory.glob("[0-9]*")):
        with path.open("rb") as file:
            for number, data in _records(file, path.stat().st_size, skip=skip):
                if number == expected:
                    yield number, data
                    expected += 1


def _records(file: BinaryIO, size: int, *, skip: bool) -> Iterator[tuple[int, bytes]]:
    """The whole records of a file; one at its end that was cut off by a crash is left out."""
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        number, length = _HEADER.unpack(header)
        if file.tell() + length > size:
            return
        if skip:
            file.seek(length, 1)
            yield number, b""
        else:
            yield number, file.read(length)
