"""The table of a batch, a page of rows at a time, and single cells of it."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from backend.core.errors import AppError
from backend.core.text import fold
from backend.prompts.models import Batch, Cell, CellStatus, Row
from backend.prompts.services.schemas import describe_row, describe_whole_cell


def page(batch: Batch, *, offset: int, limit: int, only: str, words: str) -> dict[str, Any]:
    """Rows from `offset` on: all, or those with a cell that is `failed`, `done` or `waiting`; `words` of a document's
    title or external id.
    """
    found = _only(batch, only)
    if words.strip():
        found = found.filter(folded_title__contains=fold(words))
    rows = list(found.defer("request")[offset : offset + limit])
    cells = {
        (cell.row, cell.column): cell
        for cell in Cell.objects.filter(batch=batch, row__in=[row.position for row in rows])
    }
    columns = range(len(batch.prompts))
    results = [describe_row(row, [cells.get((row.position, column)) for column in columns]) for row in rows]
    return {"count": found.count(), "rows": [row.model_dump(mode="json") for row in results]}


def whole_cell(batch: Batch, row: int, column: int) -> dict[str, Any]:
    """A cell with its whole text. `not_found` where there is none, or before it has ended."""
    cell = Cell.objects.filter(batch=batch, row=row, column=column).first()
    if cell is None or column >= len(batch.prompts):
        raise AppError("not_found", "There is no such cell, or it has not ended yet.")
    return describe_whole_cell(cell, batch.rows.get(position=row), batch.prompts[column]).model_dump(mode="json")


def _only(batch: Batch, only: str) -> QuerySet[Row]:
    cells = Cell.objects.filter(batch=batch, row=OuterRef("position")).order_by()
    match only:
        case "failed" | "done":
            return batch.rows.filter(Exists(cells.filter(status=CellStatus(only))))
        case "waiting":
            # Fewer outcomes than prompts.
            full = cells.values("row").annotate(ended=Count("pk")).filter(ended__gte=len(batch.prompts))
            return batch.rows.filter(~Exists(full))
    return batch.rows.all()
