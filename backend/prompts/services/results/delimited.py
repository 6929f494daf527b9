"""The table as CSV, for spreadsheets: UTF-8 with a mark that says so, and nothing that could act as a formula."""

import csv
import re
from pathlib import Path
from typing import Final

from backend.prompts.models import Batch, Cell, CellStatus
from backend.prompts.services.results.table import fixed, header, lines
from backend.prompts.services.results.text import legible

# As OWASP's page on CSV injection lists them, the full-width forms included.
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def write(batch: Batch, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(_harmless, header(batch)))
        for row, cells in lines(batch):
            writer.writerow([*map(_harmless, fixed(row)), *map(_text_of, cells)])


def _text_of(cell: Cell | None) -> str:
    return _harmless(cell.text) if cell and cell.status == CellStatus.DONE else ""


def _harmless(text: str) -> str:
    """The text, after an apostrophe where a spreadsheet would take it for a formula."""
    clean = legible(text)
    return f"'{clean}" if _FORMULA.match(clean) else clean
