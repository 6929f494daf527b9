"""Results as a workbook: its XML, and what openpyxl reads of it."""

import tempfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from backend.prompts.models import Cell, Row, Source
from backend.prompts.services.results import workbook
from backend.prompts.services.results.text import MAX_UNITS
from tests.needs import needs
from tests.prompts.spreadsheets import by_libreoffice, raw_cells, raw_text, reloaded
from tests.prompts.tables import failure, naming, table

pytestmark = [pytest.mark.django_db, pytest.mark.database]

# What spreadsheets would take for something else.
MISTAKABLE = [
    "=1+1", "=cmd|'/c calc'!A0", "+1", "-5", "@SUM(A1)", " =1+1", "=", "#N/A", "#REF!", "TRUE", "1e5", "0012",
    "2024-01-02", "1/2", "12:30", "100%", "https://example.org/", "'quoted",
]  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Write the workbook of a batch: its path."""

    def write(batch) -> Path:
        path = tmp_path / "book.xlsx"
        workbook.write(batch, path)
        return path

    return write


def test_a_row_has_its_names_and_an_answer_for_each_prompt(owner, written):
    path = written(table(owner, [["One", "Two"], ["Three", "Four"]], ["summary", "tone"]))

    assert load_workbook(path).sheetnames == ["Results", "Errors", "Info", "Continued"]
    assert [raw_text(raw_cells(path)[f"{column}1"]) for column in "ABCDE"] == [
        "collection", "external id", "title", "summary", "tone",
    ]  # fmt: skip
    assert reloaded(path) == [
        ["ic01", "ic01_1", "Document 1", "One", "Two"],
        ["ic01", "ic01_2", "Document 2", "Three", "Four"],
    ]
    assert reloaded(path, "Errors") == reloaded(path, "Continued") == []


def test_the_header_is_bold_and_stays_in_sight(owner, written):
    sheet = load_workbook(written(table(owner, [["One"]])))["Results"]

    assert sheet.freeze_panes == "A2"
    assert sheet["D1"].font.bold
    assert not sheet["D2"].font.bold
    assert sheet["D2"].alignment.wrap_text
    assert sheet.column_dimensions["D"].width == 60


@pytest.mark.parametrize("text", MISTAKABLE)
def test_a_text_stays_a_text(owner, written, text):
    path = written(table(owner, [[text]], [text]))
    sheet = load_workbook(path)["Results"]

    for place in ("D1", "D2"):
        assert raw_text(raw_cells(path)[place]) == text
        assert sheet[place].value == text
        assert sheet[place].data_type == "s"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-5", "@SUM(A1)"])
def test_a_text_stays_a_text_when_its_cell_is_edited(owner, written, text):
    sheet = load_workbook(written(table(owner, [[text, "plain"]])))["Results"]

    assert sheet["D2"].quotePrefix
    assert not sheet["E2"].quotePrefix


def test_what_xml_cannot_hold_is_replaced_wherever_it_stands(owner, written):
    batch = table(owner, [["a\x01b\x0bc\x1f\ufffe\uffff"], [failure("no\x02")]], ["na\x03me"], title="ti\x04tle")
    Row.objects.filter(batch=batch).update(title="Doc\x05ument")
    path = written(batch)

    assert reloaded(path)[0] == ["ic01", "ic01_1", "Doc\ufffdument", "a\ufffdb\ufffdc" + 3 * "\ufffd"]
    assert reloaded(path, "Errors")[0][4:7] == ["na\ufffdme", "upstream_busy", "no\ufffd"]
    assert ["batch", "ti\ufffdtle"] in reloaded(path, "Info")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("_x0041_", "_x005F_x0041_"),
        ("_x005F_", "_x005F_x005F_"),
        ("a_x000D_b_xABcd_", "a_x005F_x000D_b_x005F_xABcd_"),
        ("_x41_ _y0041_ x0041_", "_x41_ _y0041_ x0041_"),
    ],
)
def test_what_looks_like_an_escape_is_escaped(owner, written, text, stored):
    assert raw_text(raw_cells(written(table(owner, [[text]])))["D2"]) == stored


def test_spaces_and_line_breaks_are_kept(owner, written):
    path = written(table(owner, [["  two\r\n\tlines \n"]]))

    assert raw_text(raw_cells(path)["D2"]) == "  two\n\tlines \n"
    assert reloaded(path)[0][3] == "  two\n\tlines \n"


@pytest.mark.parametrize("sign", ["a", "😀", "_x0041_", "=", " "])
def test_of_a_text_that_is_too_long_nothing_is_lost(owner, written, sign):
    text = (sign * 80_000)[:80_000]
    path = written(table(owner, [["short", "short"], ["short", text]]))
    shown, parts = raw_text(raw_cells(path)["E3"]), reloaded(path, "Continued")
    whole = "".join(raw_text(raw_cells(path, "Continued")[f"D{number}"]) for number in range(2, len(parts) + 2))

    assert shown.endswith(workbook.MARK)
    assert len(shown.encode("utf-16-le")) // 2 <= MAX_UNITS
    assert [part[:3] for part in parts] == [[3, "prompt_2", number] for number in range(1, len(parts) + 1)]
    assert whole.replace("_x005F_", "_") == text
    assert len(parts) >= 3


def test_a_text_that_just_fits_is_not_continued(owner, written):
    path = written(table(owner, [["a" * MAX_UNITS, "😀" * (MAX_UNITS // 2)]]))

    assert reloaded(path)[0][3:] == ["a" * MAX_UNITS, "😀" * (MAX_UNITS // 2)]
    assert reloaded(path, "Continued") == []


def test_one_emoji_too_many_is_continued(owner, written):
    path = written(table(owner, [["😀" * (MAX_UNITS // 2 + 1)]]))

    assert len(reloaded(path, "Continued")) == 2


def test_names_that_no_sheet_could_have_are_columns_each_its_own(owner, written):
    names = ["/\\?*:[]", "title", "n" * 40, "same", "same", "same (2)", "Same", ""]
    path = written(table(owner, [[]], names))
    cells = raw_cells(path)

    assert [raw_text(cells[f"{column}1"]) for column in "DEFGHIJ"] == [
        "/\\?*:[]", "title (2)", "n" * 40, "same", "same (2)", "same (2) (2)", "Same",
    ]  # fmt: skip


@pytest.mark.parametrize("prompts", [[], ["one"]])
def test_a_batch_without_rows_has_a_header(owner, written, prompts):
    path = written(table(owner, [], prompts))

    assert reloaded(path) == []
    assert len(raw_cells(path)) == 3 + len(prompts)
    assert ["results", "complete"] in reloaded(path, "Info")


def test_cells_that_have_not_ended_are_empty(owner, written):
    path = written(table(owner, [["One", None], [None, None]], status="started"))

    assert [row[3:] for row in reloaded(path)] == [["One", None], [None, None]]
    assert reloaded(path, "Errors") == []


def test_failed_cells_are_empty_and_red_and_told_among_the_errors(owner, written):
    path = written(table(owner, [["One", "Two"], [None, failure("=no", "upstream_refused", 2)]]))
    sheet = load_workbook(path)["Results"]

    assert sheet["E3"].value is None
    assert sheet["E3"].fill.fgColor.rgb == "FFF4CCCC"
    assert sheet["D3"].fill.fill_type is sheet["D2"].fill.fill_type is None
    assert reloaded(path, "Errors") == [[3, "ic01", "ic01_2", "Document 2", "prompt_2", "upstream_refused", "=no", 2]]
    assert raw_text(raw_cells(path, "Errors")["G2"]) == "=no"


def test_the_info_sheet_tells_what_the_results_are_of(owner, written):
    batch = table(
        owner,
        [["One", failure()], ["Two", None], [{"text": "Three", "parts": 4}, None]],
        ["summary", "tone"],
        status="started",
        engine={"name": "openai", "model": "small-1", "reason": "configured"},
        system_prompt="=Be brief.",
        prompt_tokens=120,
        completion_tokens=34,
        cost=0.25,
        temperature=0.0,
    )
    told = dict(reloaded(written(batch), "Info"))

    assert told["job"] == str(batch.job_id)
    assert told == told | {
        "batch": "Reviews", "status": "started", "results": "partial", "rows": 3,
        "cells done": 3, "cells failed": 1, "cells waiting": 2, "cells of split documents": 1,
        "engine": "openai", "model": "small-1", "system prompt": "=Be brief.", "temperature": 0,
        "prompt tokens": 120, "completion tokens": 34, "cost": 0.25,
        "started": "2026-03-04 05:06:07 UTC", "finished": None,
        "prompt summary": "Do summary", "prompt tone": "Do tone",
    }  # fmt: skip
    assert "tokens per answer at most" not in told


def test_a_prompt_that_is_too_long_for_a_cell_goes_on_below(owner, written):
    told = reloaded(written(table(owner, [], ["one"], system_prompt="b" * (MAX_UNITS + 10))), "Info")
    place = [label for label, _ in told].index("system prompt")

    assert [value for _, value in told[place : place + 2]] == ["b" * MAX_UNITS, "b" * 10]
    assert told[place + 1][0] is None


def test_an_error_that_is_too_long_for_a_cell_is_cut(owner, written):
    (error,) = reloaded(written(table(owner, [[failure("c" * 40_000)]])), "Errors")

    assert len(error[6]) == MAX_UNITS
    assert error[6].endswith("c … [cut]")


def test_requests_of_a_file_are_rows_with_their_responses(owner, written):
    batch = table(owner, [["Hello."]], ["response"], source=Source.REQUESTS)
    Row.objects.filter(batch=batch).update(collection="", title="", external_id="request-7", request={"body": {}})

    assert reloaded(written(batch)) == [[None, "request-7", None, "Hello."]]


def test_what_fails_on_the_way_leaves_no_temporary_file(owner, written, tmp_path, monkeypatch):
    def broken(_batch):
        yield Row(**naming(0)), [Cell(status="done", text="One")]
        raise ConnectionError

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(workbook, "lines", broken)

    with pytest.raises(ConnectionError):
        written(table(owner, [["One"]]))
    assert list(temporary.iterdir()) == []


@needs("soffice")
def test_libreoffice_reads_every_text_as_it_was(owner, written, tmp_path):
    texts = [*MISTAKABLE, "_x0041_ _x005F_", "  two\n\tlines \n", "a" * MAX_UNITS, "😀" * (MAX_UNITS // 2)]
    batch = table(owner, [[text, None] for text in texts] + [["One", failure("=no")], ["b" * 100_000, None]])
    sheets = by_libreoffice(written(batch), tmp_path)

    assert [row[3] for row in sheets["Results"][1:-2]] == texts
    assert sheets["Results"][0] == ["collection", "external id", "title", "prompt_1", "prompt_2"]
    assert sheets["Results"][-2][3:] == ["One", ""]
    assert sheets["Errors"][1][4:] == ["prompt_2", "upstream_busy", "=no", "3"]
    assert ["results", "partial"] in sheets["Info"]
    assert "".join(row[3] for row in sheets["Continued"][1:]) == "b" * 100_000
