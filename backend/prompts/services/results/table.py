"""The table of a batch as it is in the database, read a few cells at a time."""

from collections.abc import Iterator
from itertools import chain, count
from typing import Final

from backend.prompts.models import Batch, Cell, Row

# One cell may be as long as a model's longest answer: no more of them are held at once than this, or one row.
CELLS_AT_ONCE: Final = 50
FIXED_COLUMNS: Final = ("collection", "external id", "title")

Line = tuple[Row, list[Cell | None]]


def lines(batch: Batch) -> Iterator[Line]:
    """Each row with its cells, None for those that have not ended, in the order of the table.

    Rows are asked for by their position, not with a cursor: what is written while a batch runs holds no transaction
    open, and takes as little memory on SQLite as on PostgreSQL.
    """
    step = max(1, CELLS_AT_ONCE // max(1, len(batch.prompts)))
    rows = Row.objects.filter(batch=batch).defer("request", "folded_title").order_by("position")
    last = -1
    while found := list(rows.filter(position__gt=last)[:step]):
        last = found[-1].position
        ended = Cell.objects.filter(batch=batch, row__gte=found[0].position, row__lte=last)
        cells = {(cell.row, cell.column): cell for cell in ended}
        for row in found:
            yield row, [cells.get((row.position, column)) for column in range(len(batch.prompts))]


def header(batch: Batch) -> list[str]:
    """The names of the columns, no two of them alike."""
    names: list[str] = []
    for name in (*FIXED_COLUMNS, *(prompt["name"] for prompt in batch.prompts)):
        alike = (f"{name} ({number})" for number in count(2))
        names.append(next(other for other in chain([name], alike) if other not in names))
    return names


def fixed(row: Row) -> tuple[str, str, str]:
    """What stands in the first columns."""
    return row.collection, row.external_id, row.title
