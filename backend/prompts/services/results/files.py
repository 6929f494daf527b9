"""The files of a batch's results: made when they are first asked for, kept while they are true."""

import base64
import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO, Final

from django.utils.module_loading import import_string

from backend.core.downloads import file_stem
from backend.core.errors import AppError
from backend.prompts.models import Batch
from backend.prompts.services.results.info import facts

MAX_BASE64_BYTES: Final = 64 * 1024 * 1024
# So long is waited for a file that is being written for somebody else, and then as long for a turn.
PATIENCE_S: Final = 60.0
_POLL_S: Final = 0.05
# More files at once in one process would make its sockets wait for the processor.
_TURNS: Final = BoundedSemaphore(2)
# Rises when the files come to look different, so that older ones are not taken for these.
_EDITION: Final = 1


# By dotted path, loaded when first needed: the library for workbooks would make every process start later.
_HERE: Final = "backend.prompts.services.results"
_WRITERS: Final[dict[str, tuple[str, str]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", f"{_HERE}.workbook.write"),
    "csv": ("text/csv; charset=utf-8", f"{_HERE}.delimited.write"),
    "jsonl": ("application/jsonl", f"{_HERE}.json_lines.write"),
}
ENDINGS: Final = tuple(_WRITERS)


@dataclass(frozen=True, slots=True)
class ResultFile:
    """`name` is for people, `tag` the strong ETag of the bytes, with quotation marks."""

    path: Path
    media_type: str
    name: str
    tag: str


def opened(batch: Batch, ending: str) -> tuple[ResultFile, BinaryIO]:
    """The results as `xlsx`, `csv` or `jsonl`, with whatever cells have ended, open to be read: the file of a later
    state takes the place of this one at any time. Raises `not_found` for another ending and for a batch that is being
    deleted, `unavailable` where the file takes others too long to write.
    """
    if ending not in _WRITERS:
        raise AppError("not_found", f"There is no such format; there are {', '.join(ENDINGS)}.")
    try:
        with _locked(batch.directory, ending):
            path = _kept(batch, ending) or _made(batch, ending)
            content = path.open("rb")
    except FileNotFoundError:
        raise AppError("not_found", "The batch has been deleted.") from None
    name = f"{file_stem(batch.title, 'results')}.{ending}"
    return ResultFile(path, _WRITERS[ending][0], name, f'"{path.stem}"'), content


def as_base64(batch: Batch) -> dict[str, str]:
    """The workbook inside JSON, as the seed answers it: `file_name` and `file_content`. Raises `too_large`."""
    _, content = opened(batch, "xlsx")
    with content:
        data = content.read(MAX_BASE64_BYTES + 1)
    if len(data) > MAX_BASE64_BYTES:
        raise AppError("too_large", "The workbook is too large to be sent inside JSON; download it as a file.")
    return {"file_name": f"{batch.job_id}.xlsx", "file_content": base64.b64encode(data).decode("ascii")}


def _kept(batch: Batch, ending: str) -> Path | None:
    return next(batch.directory.glob(f"{_state(batch)}-*.{ending}"), None)


def _made(batch: Batch, ending: str) -> Path:
    """Write the file under a name that tells its state and its bytes; it takes the place of all older ones."""
    part = batch.directory / f"{ending}.part"
    try:
        with _turn():
            write: Callable[[Batch, Path], None] = import_string(_WRITERS[ending][1])
            write(batch, part)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        path = part.replace(batch.directory / f"{_state(batch)}-{digest[:32]}.{ending}")
    finally:
        part.unlink(missing_ok=True)
    for older in batch.directory.glob(f"*.{ending}"):
        if older != path:
            older.unlink(missing_ok=True)
    if not Batch.objects.filter(pk=batch.pk).exists():
        # It was deleted with its files meanwhile, and nobody would come again for this one.
        shutil.rmtree(batch.directory, ignore_errors=True)
    return path


def _state(batch: Batch) -> str:
    """What a file of results depends on: one of the same state would hold the same."""
    known = json.dumps([_EDITION, *facts(batch)])
    return f"{batch.version}-{hashlib.sha256(known.encode()).hexdigest()[:16]}"


@contextmanager
def _locked(directory: Path, ending: str) -> Iterator[None]:
    """Only one thread of one process makes, removes and opens the files with an ending. The lock ends with who
    holds it, even by `kill -9`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + PATIENCE_S
    with (directory / f"{ending}.lock").open("wb") as file:
        while not _taken(file):
            if time.monotonic() > deadline:
                raise _busy()
            time.sleep(_POLL_S)
        yield


@contextmanager
def _turn() -> Iterator[None]:
    if not _TURNS.acquire(timeout=PATIENCE_S):
        raise _busy()
    try:
        yield
    finally:
        _TURNS.release()


def _busy() -> AppError:
    return AppError("unavailable", "The file cannot be written just now; ask again in a while.", retry_after_s=10)


def _taken(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
