"""Files of results: when they are made, kept, replaced."""

import base64
import fcntl
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

import pytest
from django.db import connection

from backend.core.errors import AppError
from backend.jobs.models import Job
from backend.prompts.models import Batch, Cell, Row
from backend.prompts.services.results import files, workbook
from backend.prompts.services.results.files import ResultFile, as_base64, opened
from tests.needs import needs
from tests.prompts.spreadsheets import DECODE, by_libreoffice, reloaded
from tests.prompts.tables import table

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ENDINGS = ["xlsx", "csv", "jsonl"]


@pytest.fixture
def batch(owner) -> Batch:
    return table(owner, [["One", None], ["Three", "Four"]], status="started", version=3)


def names_in(batch: Batch) -> list[str]:
    return sorted(path.name for path in batch.directory.iterdir() if path.suffix != ".lock")


def result_file(batch: Batch, ending: str) -> ResultFile:
    found, content = opened(batch, ending)
    content.close()
    return found


def fresh(batch: Batch) -> Batch:
    return Batch.objects.select_related("job").get(pk=batch.pk)


def change(batch: Batch) -> Batch:
    """One more cell has ended."""
    Cell.objects.filter(batch=batch, row=0, column=0).update(text="Another one")
    Batch.objects.filter(pk=batch.pk).update(version=batch.version + 1)
    return fresh(batch)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_is_made_once_for_each_state(batch, ending):
    first = result_file(batch, ending)
    made = first.path.stat()

    assert result_file(fresh(batch), ending) == first
    assert first.path.stat() == made


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_new_cell_makes_a_new_file_in_place_of_the_old_one(batch, ending):
    first = result_file(batch, ending)
    second = result_file(change(batch), ending)

    assert second.tag != first.tag
    assert names_in(batch) == [second.path.name]


def test_the_endings_do_not_replace_one_another(batch):
    made = [result_file(batch, ending).path.name for ending in ENDINGS]

    assert names_in(batch) == sorted(made)


def test_what_the_info_sheet_shows_is_as_it_is_now(batch):
    result_file(batch, "xlsx")
    Job.objects.filter(pk=batch.pk).update(status="cancelled")
    Batch.objects.filter(pk=batch.pk).update(title="Renamed")

    told = dict(reloaded(result_file(fresh(batch), "xlsx").path, "Info"))
    assert (told["status"], told["batch"]) == ("cancelled", "Renamed")


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_reads_a_file_reads_it_to_its_end(batch, ending):
    _, content = opened(batch, ending)
    with content:
        whole = result_file(batch, ending).path.read_bytes()
        result_file(change(batch), ending)

        assert content.read() == whole


def test_other_bytes_have_another_tag(batch):
    first = result_file(batch, "csv")
    # Such a cell is written before its batch says so: the file may hold it already.
    Cell.objects.filter(batch=batch, row=0, column=0).update(text="Another one")
    first.path.unlink()

    assert result_file(batch, "csv").tag != first.tag


@pytest.mark.parametrize(
    ("title", "name"),
    [("Reviews 2026", "Reviews 2026.csv"), ("a/b\\c:\r\nd", "a_b_c_d.csv"), ("...", "results.csv")],
)
def test_a_file_is_named_for_its_batch(batch, title, name):
    batch.title = title

    assert result_file(batch, "csv").name == name


def test_another_ending_is_not_found(batch):
    with pytest.raises(AppError, match="xlsx, csv, jsonl") as refused:
        result_file(batch, "pdf")
    assert refused.value.code == "not_found"


def test_a_file_that_a_killed_process_left_unfinished_is_replaced(batch):
    batch.directory.mkdir(parents=True)
    (batch.directory / "xlsx.part").write_bytes(b"half")

    found = result_file(batch, "xlsx")
    assert names_in(batch) == [found.path.name]
    assert len(reloaded(found.path)) == 2


def test_a_file_that_cannot_be_written_leaves_nothing(batch, monkeypatch):
    def broken(_batch):
        raise ConnectionError

    monkeypatch.setattr(workbook, "lines", broken)
    with pytest.raises(ConnectionError):
        result_file(batch, "xlsx")
    assert names_in(batch) == []


def test_nobody_waits_without_end_for_a_file_that_another_writes(batch, monkeypatch):
    monkeypatch.setattr(files, "PATIENCE_S", 0.1)
    batch.directory.mkdir(parents=True)
    with (batch.directory / "csv.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AppError) as refused:
            result_file(batch, "csv")

        assert refused.value.code == "unavailable"
        assert refused.value.retry_after_s
        assert result_file(batch, "jsonl").path.is_file()


def test_a_server_that_writes_many_files_already_asks_for_patience(batch, monkeypatch):
    kept = result_file(batch, "csv")
    monkeypatch.setattr(files, "PATIENCE_S", 0.1)
    monkeypatch.setattr(files, "_TURNS", BoundedSemaphore(1))
    with files._turn():
        with pytest.raises(AppError) as refused:
            result_file(batch, "jsonl")

        assert refused.value.code == "unavailable"
        assert result_file(batch, "csv") == kept
    assert result_file(batch, "jsonl").path.is_file()


def test_a_batch_that_was_deleted_meanwhile_leaves_nothing_on_the_disk(batch):
    Row.objects.filter(batch=batch).delete()
    Job.objects.filter(pk=batch.pk).delete()

    with pytest.raises(AppError) as refused:
        result_file(batch, "csv")
    assert refused.value.code == "not_found"
    assert not batch.directory.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ENDINGS)
def test_many_who_ask_at_once_get_the_same_file(batch, ending):
    def ask(_number: int) -> tuple[str, int]:
        try:
            found, content = opened(fresh(batch), ending)
            with content:
                return found.tag, len(content.read())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(16)))

    assert len(answers) == 1
    assert len(names_in(batch)) == 1


class TestInsideJson:
    @needs("soffice")
    def test_the_script_of_the_first_clients_makes_a_workbook_of_it(self, batch, tmp_path):
        (tmp_path / "results.json").write_text(json.dumps(as_base64(batch)))
        subprocess.run([sys.executable, "-c", DECODE], cwd=tmp_path, check=True, timeout=60)

        sheets = by_libreoffice(tmp_path / f"{batch.pk}.xlsx", tmp_path)
        assert sheets["Results"][1:] == [
            ["ic01", "ic01_1", "Document 1", "One", ""],
            ["ic01", "ic01_2", "Document 2", "Three", "Four"],
        ]

    def test_it_is_the_file_that_is_downloaded(self, batch):
        answer = as_base64(batch)

        assert answer["file_name"] == f"{batch.pk}.xlsx"
        assert base64.b64decode(answer["file_content"]) == result_file(batch, "xlsx").path.read_bytes()

    def test_a_file_that_is_too_large_for_json_is_refused(self, batch, monkeypatch):
        monkeypatch.setattr(files, "MAX_BASE64_BYTES", 100)

        with pytest.raises(AppError) as refused:
            as_base64(batch)
        assert refused.value.code == "too_large"
