"""The table as a workbook, written row by row."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter

from backend.prompts.models import Batch, Cell, CellStatus, Row
from backend.prompts.services.results.info import Fact, Tally, facts
from backend.prompts.services.results.table import FIXED_COLUMNS, fixed, header, lines
from backend.prompts.services.results.text import beginning, escaped, fits, legible, pieces

MARK: Final = " … [continued on the sheet Continued]"
CUT: Final = " … [cut]"

_FIXED_WIDTHS: Final = (16, 20, 36)
_PROMPT_WIDTH: Final = 60
_HEADER: Final = "heading"
_TEXT: Final = "wrapped text"
_FAILED: Final = "failed cell"

Value = str | int | float | None


def write(batch: Batch, path: Path) -> None:
    """Write the sheets Results, Errors, Info, and Continued with the whole of each text that is too long for a cell."""
    tally = Tally()
    with _workbook(path) as book:
        sheets = _Sheets(book, header(batch))
        # The first row of the sheet is the header.
        for number, (row, cells) in enumerate(lines(batch), start=2):
            sheets.add(number, row, cells)
            tally.count(cells)
        sheets.inform(facts(batch, tally.facts()))


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """A workbook that is saved at the end; whatever happens, none of openpyxl's temporary files stays."""
    book = Workbook(write_only=True)
    book.properties.creator = "Stentor"
    for style in _styles():
        book.add_named_style(style)
    try:
        yield book
        book.save(path)
    finally:
        for sheet in book.worksheets:
            _discard(sheet)


def _styles() -> Iterator[NamedStyle]:
    # A style without these would have the font of no spreadsheet in particular.
    font = {"name": "Calibri", "size": 11}
    wrapped = Alignment(wrap_text=True, vertical="top")
    red = PatternFill("solid", fgColor="FFF4CCCC")
    yield NamedStyle(_HEADER, font=Font(**font, bold=True), alignment=wrapped)
    yield NamedStyle(_TEXT, font=Font(**font), alignment=wrapped)
    yield NamedStyle(_FAILED, font=Font(**font), fill=red, alignment=wrapped)


def _discard(sheet: Any) -> None:
    """Remove the temporary file of a sheet, which openpyxl itself does only when it saves."""
    if not sheet.closed:
        sheet.close()
    Path(sheet._writer.out).unlink(missing_ok=True)  # noqa: SLF001 (there is no other way to its name)


class _Sheets:
    """The sheets of one workbook, each open at its end. `names` are those of the columns of the results."""

    def __init__(self, book: Workbook, names: list[str]) -> None:
        self._prompts = names[len(FIXED_COLUMNS) :]
        self._results = _Sheet(book, "Results", (*_FIXED_WIDTHS, *(_PROMPT_WIDTH for _ in self._prompts)), names)
        errors = ["row", *FIXED_COLUMNS, "prompt", "code", "message", "tries"]
        self._errors = _Sheet(book, "Errors", (8, *_FIXED_WIDTHS, 24, 20, 80, 8), errors)
        self._info = _Sheet(book, "Info", (28, 100), ["about", "value"])
        self._continued = _Sheet(book, "Continued", (8, 24, 8, 100), ["row", "prompt", "part", "text"])

    def add(self, number: int, row: Row, cells: Sequence[Cell | None]) -> None:
        """Write a row of results as that row of the sheet, with what belongs to it on the other sheets."""
        texts, styles = [*fixed(row)], [_TEXT] * len(FIXED_COLUMNS)
        for prompt, cell in zip(self._prompts, cells, strict=True):
            failed = cell is not None and cell.status == CellStatus.FAILED
            if cell is not None and failed:
                error = (prompt, cell.error_code, cell.error_message, cell.tries)
                self._errors.append([number, *fixed(row), *error])
            texts.append("" if cell is None or failed else self._shortened(number, prompt, legible(cell.text)))
            styles.append(_FAILED if failed else _TEXT)
        self._results.append(texts, styles)

    def inform(self, found: Iterable[Fact]) -> None:
        for label, value in found:
            parts = [*pieces(legible(value))] if isinstance(value, str) else [value]
            for number, part in enumerate(parts or [""]):
                self._info.append([label if number == 0 else "", part])

    def _shortened(self, number: int, prompt: str, text: str) -> str:
        if fits(text):
            return text
        for part, piece in enumerate(pieces(text), start=1):
            self._continued.append([number, prompt, part, piece])
        return beginning(text, MARK)


class _Sheet:
    """One sheet: its header stays in sight. Texts stay texts, whatever a spreadsheet could take them for."""

    def __init__(self, book: Workbook, title: str, widths: Sequence[float], names: list[str]) -> None:
        self._sheet: Any = book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        for number, width in enumerate(widths, start=1):
            self._sheet.column_dimensions[get_column_letter(number)].width = width
        self.append(names, [_HEADER] * len(names))

    def append(self, values: Sequence[Value], styles: Sequence[str] | None = None) -> None:
        given = styles or [_TEXT] * len(values)
        self._sheet.append([self._cell(value, style) for value, style in zip(values, given, strict=True)])

    def _cell(self, value: Value, style: str) -> Any:
        if not isinstance(value, str):
            cell = WriteOnlyCell(self._sheet, value)
            cell.style = style
            return cell
        text = legible(value)
        cell = WriteOnlyCell(self._sheet, escaped(text if fits(text) else beginning(text, CUT)))
        cell.style = style
        cell.data_type = "s"
        # Without this a text such as =1+1 would become a formula as soon as somebody edits the cell.
        cell.quotePrefix = text.startswith(("=", "+", "-", "@"))
        return cell
