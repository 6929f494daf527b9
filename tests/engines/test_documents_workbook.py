"""Text of Excel workbooks, hostile ones too."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from backend.core.errors import AppError
from backend.engines.documents import limits, read_document
from backend.engines.documents_apart import read_apart
from tests.engines.test_documents import archive

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def xlsx(sheets: dict[str, list[list]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def rewritten(data: bytes, **entries: str) -> bytes:
    """The workbook with another content of its first sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, entries["sheet"] if name == SHEET else old.read(name))
    return made.getvalue()


def with_rows(rows: str, dimension: str = "A1") -> bytes:
    sheet = f'<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    return rewritten(xlsx({"One": [["x"]]}), sheet=sheet)


def cell(place: str, value: object) -> str:
    return f'<c r="{place}"><v>{value}</v></c>'


def refusal(data: bytes) -> str:
    with pytest.raises(AppError) as caught:
        read_document(data)
    return caught.value.code


def test_each_sheet_is_read_with_its_name_and_its_rows():
    document = read_document(xlsx({"Prices": [["Item", "Price"], ["Tea", 2.5]], "Empty": [], "Notes": [["天 ä"]]}))

    assert (document.kind, document.is_cut) == ("xlsx", False)
    assert document.text == "# Prices\nItem\tPrice\nTea\t2.5\n\n# Notes\n天 ä"


def test_values_are_read_without_their_formats():
    moments = [
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 (a cell knows no zone)
        time(6, 7),
    ]
    row = [1.5, 1e20, True, None, "two\nlines\tand tabs", *moments]

    shown = "1.5\t1e+20\tTRUE\t\ttwo lines and tabs\t2026-01-02\t2026-01-02 03:04:05\t06:07:00"
    assert read_document(xlsx({"One": [row]})).text == f"# One\n{shown}"


def test_lengths_of_time_are_read_in_hours():
    row = [timedelta(hours=30), timedelta(minutes=5, seconds=7.6), timedelta(minutes=-90)]

    assert read_document(xlsx({"One": [row]})).text == "# One\n30:00:00\t0:05:08\t-1:30:00"


def test_a_whole_number_is_shown_as_one():
    assert read_document(with_rows(f'<row r="1">{cell("A1", "2.0")}{cell("B1", "3E2")}</row>')).text == "# One\n2\t300"


def test_of_a_formula_its_saved_result_is_read():
    data = with_rows('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>A1*7</f></c></row>')

    assert read_document(data).text == "# One\n2"


def test_empty_rows_are_left_out():
    data = with_rows(f'<row r="1">{cell("A1", 1)}</row><row r="1048576">{cell("C1048576", 2)}</row>')

    assert read_document(data).text == "# One\n1\n\t\t2"


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is():
    data = with_rows(f'<row r="1">{cell("A1", 1)}</row><row r="2">{cell("B2", 2)}</row>', dimension="A1:XFD1048576")

    assert read_document(data).text == "# One\n1\n\t2"


def test_a_row_with_an_impossible_number_ends_the_reading():
    assert refusal(with_rows(f'<row r="999999999999">{cell("A1", 1)}</row>')) == "too_large"


def test_more_rows_than_allowed_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ROWS", 3)

    assert refusal(xlsx({"One": [[1], [2]], "Two": [[3], [4]]})) == "too_large"


def test_wide_rows_are_cut_like_any_text():
    rows = "".join(f'<row r="{number}">{cell(f"XFD{number}", 1)}</row>' for number in range(1, 200))
    document = read_document(with_rows(rows))

    assert (len(document.text), document.is_cut) == (limits.MOST_CHARACTERS, True)


def test_a_workbook_without_a_value_has_no_text():
    assert refusal(xlsx({"One": [], "Two": [[None, " "]]})) == "no_text"


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    assert refusal(archive(xl__workbook_xml=b" " * (limits.MOST_UNPACKED + 1))) == "too_large"


def test_entities_that_multiply_are_not_resolved(tmp_path):
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    sheet = (
        f'<!DOCTYPE worksheet [<!ENTITY e0 "ha">{entities}]><worksheet xmlns="{MAIN}"><sheetData><row>'
        '<c t="inlineStr"><is><t>&e9;</t></is></c></row></sheetData></worksheet>'
    )
    file = tmp_path / "file"
    file.write_bytes(rewritten(xlsx({"One": [["x"]]}), sheet=sheet))
    with pytest.raises(AppError) as caught:
        read_apart(file, lambda: None)

    assert caught.value.code == "unreadable_document"


@pytest.mark.parametrize(
    "data",
    [
        archive(xl__workbook_xml="<broken"),
        xlsx({"One": [["x"]]})[:3000],
        with_rows("<row><c t='s'><v>77</v></c></row>"),
        with_rows("<row><c"),
    ],
)
def test_a_damaged_workbook_is_told(data):
    assert refusal(data) == "unreadable_document"


@pytest.mark.parametrize(
    ("entry", "hint"),
    [("ppt__presentation_xml", "PDF"), ("xl__workbook_bin", ".xlsx"), ("content_xml", "OpenDocument")],
)
def test_other_office_files_are_refused_with_a_hint(entry, hint):
    with pytest.raises(AppError, match=hint) as caught:
        read_document(archive(**{entry: "<a/>"}))

    assert caught.value.code == "unsupported_media"
