"""Results as CSV and as JSON lines."""

import csv
import json
from pathlib import Path

import pytest

from backend.prompts.models import Row, Source
from backend.prompts.services.results import delimited, json_lines
from tests.prompts.tables import failure, table

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "results"


def rows_of(path: Path) -> list[list[str]]:
    # `read_text` would take every line end for the one that is expected.
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def objects_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


class TestCsv:
    def test_the_columns_are_those_of_the_workbook(self, owner, file):
        delimited.write(table(owner, [["One", None], [failure(), "Four, or 4"]], ["summary", "title"]), file)

        assert rows_of(file) == [
            ["collection", "external id", "title", "summary", "title (2)"],
            ["ic01", "ic01_1", "Document 1", "One", ""],
            ["ic01", "ic01_2", "Document 2", "", "Four, or 4"],
        ]

    def test_spreadsheets_see_that_it_is_utf_8(self, owner, file):
        delimited.write(table(owner, [["é😀"]]), file)

        content = file.read_bytes()
        assert content.startswith(b"\xef\xbb\xbfcollection,external id,title,prompt_1\r\n")
        assert content.endswith("Document 1,é😀\r\n".encode())

    @pytest.mark.parametrize(
        "text",
        ["=1+1", "+1", "-5", "@A1", "\t=1", "\ttab", "\rcr", "\nlf", "  =1+1", "\u00a0=1", "＝1", "＋1", "－1", "＠A1"],
    )
    def test_nothing_acts_as_a_formula(self, owner, file, text):
        batch = table(owner, [[text]], [text])
        Row.objects.filter(batch=batch).update(title=text, external_id=text)
        delimited.write(batch, file)
        harmless = "'" + text.replace("\r", "\n")

        header, row = rows_of(file)
        assert header[3] == harmless
        assert row == ["ic01", harmless, harmless, harmless]

    @pytest.mark.parametrize("text", ["1+1=2", "a@b", " text", "'=1", "0012", "#N/A", ""])
    def test_other_texts_stay_as_they_are(self, owner, file, text):
        delimited.write(table(owner, [[text]]), file)

        assert rows_of(file)[1][3] == text

    def test_line_breaks_quotation_marks_and_long_texts_are_kept(self, owner, file):
        texts = ['a "quoted",\r\nline', "x" * 100_000]
        csv.field_size_limit(1_000_000)
        delimited.write(table(owner, [texts]), file)

        assert rows_of(file)[1][3:] == ['a "quoted",\nline', "x" * 100_000]

    def test_what_no_spreadsheet_can_hold_is_replaced(self, owner, file):
        delimited.write(table(owner, [["a\x01b\x1b"]]), file)

        assert rows_of(file)[1][3] == "a\ufffdb\ufffd"

    def test_a_batch_without_rows_has_a_header(self, owner, file):
        delimited.write(table(owner, [], ["one"]), file)

        assert rows_of(file) == [["collection", "external id", "title", "one"]]


class TestJsonLines:
    def test_an_object_tells_all_of_a_cell_that_is_done(self, owner, file):
        place = {"row": 0, "column": 1, "collection": "ic01", "external_id": "ic01_1", "title": "Document 1"}
        text = " =Two\r\n\x01😀\u2028"
        known = {
            "finish_reason": "stop", "prompt_tokens": 12, "completion_tokens": 3, "is_estimated": True, "parts": 2,
            "tries": 4, "took_s": 1.5,
        }  # fmt: skip
        json_lines.write(table(owner, [["One", {"text": text, **known}]]), file)

        assert objects_of(file)[1] == place | known | {
            "prompt": "prompt_2",
            "status": "done",
            "text": text,
            "error": None,
            "finished_at": "2026-03-04T05:06:07+00:00",
        }

    def test_a_failed_cell_has_an_error_and_no_text(self, owner, file):
        json_lines.write(table(owner, [[failure("Too long.", "upstream_refused", 2)]]), file)

        (found,) = objects_of(file)
        assert (found["status"], found["text"], found["tries"]) == ("failed", None, 2)
        assert found["error"] == {"code": "upstream_refused", "message": "Too long."}

    def test_a_cell_that_has_not_ended_waits_with_the_same_keys(self, owner, file):
        json_lines.write(table(owner, [["One", None]]), file)

        done, waiting = objects_of(file)
        assert (waiting["status"], waiting["text"], waiting["error"]) == ("waiting", None, None)
        assert waiting.keys() == done.keys()

    def test_cells_come_row_by_row_beyond_what_is_read_at_once(self, owner, file):
        json_lines.write(table(owner, [[f"{row}.{column}" for column in range(3)] for row in range(70)]), file)

        assert [found["text"] for found in objects_of(file)] == [f"{row}.{n}" for row in range(70) for n in range(3)]

    def test_requests_of_a_file_are_told_by_their_ids(self, owner, file):
        batch = table(owner, [["Hello."]], ["response"], source=Source.REQUESTS)
        Row.objects.filter(batch=batch).update(external_id="request-7", request={"body": {}})
        json_lines.write(batch, file)

        assert (objects_of(file)[0]["external_id"], objects_of(file)[0]["text"]) == ("request-7", "Hello.")
