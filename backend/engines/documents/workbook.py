"""Text of Excel workbooks (.xlsx): the name of each sheet as a heading, and its rows with tabs between the values."""

import io
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time, timedelta
from typing import Any

from backend.core.errors import AppError
from backend.engines.documents import limits
from backend.engines.documents.document import Document, document_of


def read_xlsx(data: bytes) -> Document:
    """The values of the cells, without their formats; of a formula that is the result that was saved with it. Empty
    rows and sheets are left out. The archive was checked before. Raises what its library raises where it is damaged.
    """
    from openpyxl import load_workbook

    # It warns of everything that it would lose if the workbook were saved.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with closing(load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)) as workbook:
            return document_of("xlsx", _lines(workbook))


def _lines(workbook: Any) -> Iterator[str]:
    rows = 0
    begun = False
    for sheet in workbook.worksheets:
        # What a sheet says of its own size may be wrong, and each row would be filled up to it.
        sheet.reset_dimensions()
        heading = f"# {sheet.title}"
        for row in sheet.iter_rows(values_only=True):
            rows += 1
            if rows > limits.MOST_ROWS:
                raise AppError("too_large", f"A workbook may have at most {limits.MOST_ROWS:,} rows.")
            line = "\t".join(map(_written, row)).rstrip()
            if line:
                yield from ([""] if begun and heading else []) + ([heading] if heading else [])
                yield line
                heading, begun = "", True


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    elif isinstance(value, datetime) and value.time() == time():
        value = value.date()
    elif isinstance(value, timedelta):
        value = _hours(value)
    elif isinstance(value, bool):
        value = str(value).upper()
    return "" if value is None else " ".join(str(value).split())


def _hours(value: timedelta) -> str:
    minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
    return f"{'-' if value < timedelta() else ''}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
