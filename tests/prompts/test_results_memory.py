"""Results of many cells: what a file of them takes while it is written."""

import tracemalloc

import pytest

from backend.prompts.models import Batch, Cell, Row
from backend.prompts.services.results import workbook
from tests.needs import needs
from tests.prompts.spreadsheets import by_libreoffice
from tests.prompts.tables import cell, naming, table

# The memory is that of this process, whatever the database.
pytestmark = pytest.mark.django_db


def filled(owner, rows: int) -> Batch:
    """A batch with five cells of some length in each row."""
    batch = table(owner, [], [f"prompt_{number}" for number in range(5)], row_count=rows)
    Row.objects.bulk_create((Row(batch=batch, position=row, **naming(row)) for row in range(rows)), batch_size=500)
    for first in range(0, rows, 400):
        places = ((row, column) for row in range(first, first + 400) for column in range(5))
        Cell.objects.bulk_create(
            [cell(batch, row, column, f"Answer {row} {column} " * 20) for row, column in places], batch_size=100
        )
    return batch


@needs("soffice")
@pytest.mark.timeout(300)  # counting every allocation takes its time
def test_a_large_table_takes_no_more_memory_than_a_small_one(owner, tmp_path):
    small, large = filled(owner, 400), filled(owner, 4000)
    path, peaks = tmp_path / "book.xlsx", []
    workbook.write(small, path)  # what is loaded and remembered once
    for batch in (small, large):
        tracemalloc.start()
        try:
            workbook.write(batch, path)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()

    assert peaks[1] < 3_000_000
    assert peaks[1] < peaks[0] * 1.3 + 100_000
    rows = by_libreoffice(path, tmp_path)["Results"]
    assert len(rows) == 4001
    assert rows[4000] == ["ic01", "ic01_4000", "Document 4000", *(f"Answer 3999 {n} " * 20 for n in range(5))]
