"""The results of a batch of requests as OpenAI's clients read them: a JSON object a line, made from its cells."""

import json
from collections.abc import Iterator
from typing import Any, Final

from django.core.cache import cache
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from backend.core.errors import KINDS, AppError
from backend.jobs.models import Status
from backend.live.openai.chat_shapes import Head, completion
from backend.live.openai.errors import describe, status_of
from backend.prompts.models import Batch, Cell, CellStatus
from backend.prompts.services.requests.ids import FileKind

# So many answers are in memory at once.
AT_ONCE: Final = 100
KEEP_SIZE_S: Final = 30 * 24 * 3600
# Programs that split text into lines would split it here too.
_LINE_ENDS: Final = {sign: f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}


def blocks(batch: Batch, kind: FileKind) -> Iterator[bytes]:
    """The lines of the answers or of the failures, in the order of the requests, a few at a time.

    Each step reads the database once more. Raises `AppError("not_found")` where the batch was deleted meanwhile.
    """
    for first in range(0, batch.row_count, AT_ONCE):
        lines = _answers(batch, first) if kind is FileKind.ANSWERS else _failures(batch, first)
        block = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        for sign, escaped in _LINE_ENDS.items():
            block = block.replace(sign, escaped)
        if block:
            yield block.encode()


def size_of(batch: Batch, kind: FileKind) -> int:
    """How many bytes that is. Counted once: results of a batch that has ended stay as they are until it runs again."""
    key = f"requests:size:{batch.pk.hex}:{batch.job.fence}:{batch.version}:{kind.value}"
    size: int | None = cache.get(key)
    if size is None:
        size = sum(len(block) for block in blocks(batch, kind))
        cache.set(key, size, KEEP_SIZE_S)
    return size


def has_expired(batch: Batch) -> bool:
    """Whether its time was over before its work was done."""
    return batch.job.status == Status.FAILED and (batch.job.error or {}).get("code") == "expired"


def _answers(batch: Batch, first: int) -> Iterator[dict[str, Any]]:
    cells = _by_row(_cells(batch, first).filter(status=CellStatus.DONE))
    for position, custom_id, model in _rows(batch, first):
        cell = cells.get(position)
        if cell is not None:
            head = Head(f"{batch.pk.hex}-{position}", int(cell.finished_at.timestamp()), model)
            yield _line(batch, position, custom_id, response=(200, completion(head, cell.text, cell)))


def _failures(batch: Batch, first: int) -> Iterator[dict[str, Any]]:
    cells = _by_row(_cells(batch, first).defer("text"))
    for position, custom_id, _ in _rows(batch, first):
        cell = cells.get(position)
        if cell is None:
            yield _line(batch, position, custom_id, error=_reason(batch))
        elif cell.status == CellStatus.FAILED:
            code = cell.error_code if cell.error_code in KINDS else "internal"
            error = AppError(code, cell.error_message)
            yield _line(batch, position, custom_id, response=(status_of(error), describe(error)))


def _rows(batch: Batch, first: int) -> list[tuple[int, str, str]]:
    # Of a request, which may be long, only the name of its model.
    named = batch.rows.filter(position__gte=first, position__lt=first + AT_ONCE).annotate(model=KT("request__model"))
    rows = list(named.values_list("position", "external_id", "model"))
    if not rows:
        raise AppError("not_found", "The batch was deleted.")
    return rows


def _cells(batch: Batch, first: int) -> QuerySet[Cell]:
    return batch.cells.filter(column=0, row__gte=first, row__lt=first + AT_ONCE)


def _by_row(cells: QuerySet[Cell]) -> dict[int, Cell]:
    return {cell.row: cell for cell in cells}


def _line(
    batch: Batch,
    position: int,
    custom_id: str,
    *,
    response: tuple[int, dict[str, Any]] | None = None,
    error: dict[str, str] | None = None,
) -> dict[str, Any]:
    name = f"{batch.pk.hex}_{position}"
    told = response and {"status_code": response[0], "request_id": f"req_{name}", "body": response[1]}
    return {"id": f"batch_req_{name}", "custom_id": custom_id, "response": told, "error": error}


def _reason(batch: Batch) -> dict[str, str]:
    """Why a request of a batch that has ended was not answered."""
    if has_expired(batch):
        return {"code": "batch_expired", "message": "This request could not be executed before the batch expired."}
    if batch.job.status == Status.CANCELLED:
        return {"code": "batch_cancelled", "message": "The batch was cancelled before this request was answered."}
    return {"code": "batch_failed", "message": "The batch failed before this request was answered."}
