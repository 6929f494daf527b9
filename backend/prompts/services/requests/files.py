"""Files of requests as OpenAI's clients upload them, and as what they see of a batch's results: a list of both."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.core import uploads
from backend.core.errors import AppError
from backend.core.text import title_of_file
from backend.jobs.models import ENDED
from backend.prompts.models import Batch, RequestFile
from backend.prompts.services.requests import answers
from backend.prompts.services.requests.ids import FileId, FileKind, batch_id, no_file
from backend.prompts.services.requests.lookup import readable_by

PURPOSE: Final = "batch"
RESULTS_PURPOSE: Final = "batch_output"
Order = Literal["asc", "desc"]
BLOCK_BYTES: Final = 256 * 1024
_ENDINGS: Final = {FileKind.ANSWERS: "output", FileKind.FAILURES: "error"}


@dataclass(frozen=True, slots=True)
class ListedFile:
    """`size` in bytes."""

    ident: FileId
    filename: str
    purpose: str
    size: int
    created_at: datetime


def keep(user: User, upload: Path, name: str) -> ListedFile:
    """Keep the file at `upload`, which is moved. `name` is what its owner calls it. `empty_file` for an empty one."""
    size = upload.stat().st_size
    if not size:
        raise AppError("empty_file", fields={"file": ["The file is empty."]})
    filename = title_of_file(name) or "requests.jsonl"
    made = RequestFile(id=uuid4(), owner=user, filename=filename, purpose=PURPOSE, size=size, created_at=timezone.now())
    with ExitStack() as undo:
        uploads.move_in(upload, made.path, undo)
        made.save(force_insert=True)
        undo.pop_all()
    return _of_requests(made)


def find(user: User, ident: FileId, param: str = "file_id") -> ListedFile:
    """A file that the user may read; `not_found` also for results that are not there yet."""
    if ident.kind is FileKind.REQUESTS:
        return _of_requests(_find_requests(user, ident, param))
    return _of_results(ident.kind, _find_results(user, ident, param))


def content(user: User, ident: FileId) -> tuple[str, Iterator[bytes]]:
    """The name of a file that the user may read, and what is in it, in blocks."""
    if ident.kind is not FileKind.REQUESTS:
        batch = _find_results(user, ident)
        return _name_of(batch, ident.kind), answers.blocks(batch, ident.kind)
    file = _find_requests(user, ident)
    if not file.path.is_file():
        raise AppError("not_found", "The file is no longer on this server.", fields={"file_id": []})
    return file.filename, _blocks(file.path)


@transaction.atomic
def delete(user: User, ident: FileId) -> None:
    """Delete a file of requests. `conflict` while a batch of it waits or runs, and for results of a batch."""
    if ident.kind is not FileKind.REQUESTS:
        _find_results(user, ident)
        raise AppError("conflict", "This file is made of the results of a batch. Delete the batch instead.")
    file = lock(user, ident)
    if file.batches.exclude(job__status__in=ENDED).exists():
        raise AppError("conflict", "A batch with this file has not ended yet. Wait for it, or cancel it.")
    file.delete()


def lock(user: User, ident: FileId, param: str = "file_id") -> RequestFile:
    """A file that the user has uploaded, held until the end of the transaction."""
    held = RequestFile.objects.select_for_update()
    return _find_requests(user, ident, param, held)


def page(user: User, *, purpose: str, after: str, order: Order, limit: int) -> tuple[list[ListedFile], bool]:
    """Up to `limit` files of the user behind the file `after`, by age, and whether there are more. "": all of them,
    from the beginning.
    """
    start = find(user, FileId.parse(after, "after"), "after") if after else None
    found = (_behind(user, kind, start, order, limit + 1) for kind in FileKind if purpose in ("", _purpose_of(kind)))
    sign = 1 if order == "asc" else -1
    rows = list(islice(merge(*found, key=lambda row: (sign * row[0].timestamp(), row[1], row[2].pk.hex)), limit + 1))
    return [_listed(kind, row) for _, kind, row in rows[:limit]], len(rows) > limit


def _find_requests(
    user: User, ident: FileId, param: str = "file_id", among: QuerySet[RequestFile] | None = None
) -> RequestFile:
    rows = RequestFile.objects.all() if among is None else among
    found = rows.filter(owner=user, pk=ident.ident).first() if ident.kind is FileKind.REQUESTS else None
    if found is None:
        raise no_file(param)
    return found


def _find_results(user: User, ident: FileId, param: str = "file_id") -> Batch:
    found = _with_results(user, ident.kind).filter(pk=ident.ident).first()
    if found is None:
        raise no_file(param)
    return found


def _blocks(path: Path) -> Iterator[bytes]:
    # Nothing is open between two blocks: whoever reads them may leave at any time.
    at = 0
    while True:
        with path.open("rb") as file:
            file.seek(at)
            block = file.read(BLOCK_BYTES)
        if not block:
            return
        at += len(block)
        yield block


def _behind(
    user: User, kind: FileKind, start: ListedFile | None, order: Order, number: int
) -> list[tuple[datetime, FileKind, Any]]:
    """The next files of one kind, in the order of their time, their kind and their id."""
    rows, at = _source(user, kind)
    if start is not None:
        side = "gt" if order == "asc" else "lt"
        later = Q(**{f"{at}__{side}": start.created_at})
        if kind > start.ident.kind:
            later |= Q(**{at: start.created_at})
        elif kind == start.ident.kind:
            later |= Q(**{at: start.created_at, "pk__gt": start.ident.ident})
        rows = rows.filter(later)
    sorted_rows = rows.annotate(at=F(at)).order_by("at" if order == "asc" else "-at", "pk")[:number]
    return [(row.at, kind, row) for row in sorted_rows]


def _source(user: User, kind: FileKind) -> tuple[QuerySet[Any], str]:
    if kind is FileKind.REQUESTS:
        return RequestFile.objects.filter(owner=user), "created_at"
    return _with_results(user, kind), "job__finished_at"


def _with_results(user: User, kind: FileKind) -> QuerySet[Batch]:
    answered = Q(done__gt=0) if kind is FileKind.ANSWERS else Q(row_count__gt=F("done"))
    return readable_by(user).filter(answered, job__status__in=ENDED)


def has_results(batch: Batch, kind: FileKind) -> bool:
    """The same for one batch: results are there when its job has ended. What was not answered counts as failed."""
    count = batch.done if kind is FileKind.ANSWERS else batch.row_count - batch.done
    return batch.job.has_ended and count > 0


def _purpose_of(kind: FileKind) -> str:
    return PURPOSE if kind is FileKind.REQUESTS else RESULTS_PURPOSE


def _listed(kind: FileKind, row: Any) -> ListedFile:
    return _of_requests(row) if kind is FileKind.REQUESTS else _of_results(kind, row)


def _of_requests(file: RequestFile) -> ListedFile:
    return ListedFile(FileId(FileKind.REQUESTS, file.pk), file.filename, file.purpose, file.size, file.created_at)


def _of_results(kind: FileKind, batch: Batch) -> ListedFile:
    ended = batch.job.finished_at
    assert ended is not None
    size = answers.size_of(batch, kind)
    return ListedFile(FileId(kind, batch.pk), _name_of(batch, kind), RESULTS_PURPOSE, size, ended)


def _name_of(batch: Batch, kind: FileKind) -> str:
    return f"{batch_id(batch.pk)}_{_ENDINGS[kind]}.jsonl"
