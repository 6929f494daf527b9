"""What is stored of the cells that have ended, which are left to do, and what is told of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.jobs import services as jobs
from backend.jobs.errors import ClaimLost
from backend.jobs.running import running
from backend.prompts.models import Batch, Cell
from backend.prompts.services import cells
from backend.prompts.services.cells import Todo
from backend.prompts.services.results import files
from tests.fixtures.upstream import Script
from tests.prompts.batching import begin, run, work
from tests.prompts.tables import cell, failure, table

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch(owner, document) -> Batch:
    return begin(owner, [document("1"), document("2")])


def told(read_log, batch: Batch) -> list[dict]:
    return [event["data"] for event in read_log(batch.topic) if event["event"] == "cells"]


def tag_of(batch: Batch) -> str:
    found, content = files.opened(Batch.objects.select_related("job").get(pk=batch.pk), "csv")
    content.close()
    return found.tag


def test_an_answer_with_a_nul_is_stored_without_it(upstream, batch):
    upstream.scripts.append(Script(words=["a\0", "b"]))
    batch = work(batch)

    assert batch.done == 2
    assert Cell.objects.get(batch=batch, text__startswith="a").text == "ab"


def test_who_was_overtaken_stores_and_tells_nothing(owner, batch, read_log):
    with running(batch.pk) as overtaken:
        jobs.cancel(owner, batch.pk)
        with pytest.raises(ClaimLost):
            cells.store(overtaken, batch, [(cell(batch, 0, 0, "One"), "small")])

    batch.refresh_from_db()
    assert (Cell.objects.count(), batch.done, batch.version) == (0, 0, 0)
    assert told(read_log, batch) == []


def test_a_cell_that_has_failed_makes_another_file(batch):
    with running(batch.pk) as claimed:
        before = tag_of(batch)
        cells.store(claimed, batch, [(cell(batch, 0, 0, failure()), "")])

        assert tag_of(batch) != before


def test_a_server_that_has_answered_is_busy_no_longer(batch, read_log):
    Batch.objects.update(busy_until=timezone.now() + timedelta(minutes=1))
    batch.refresh_from_db()
    with running(batch.pk) as claimed:
        cells.store(claimed, batch, [(cell(batch, 0, 0, "One"), "small")])

    (event,) = told(read_log, batch)
    assert (event["totals"]["done"], event["totals"]["busy_until"]) == (1, None)
    assert Batch.objects.get().busy_until is None


def test_cells_that_have_failed_are_not_missing(owner):
    batch = table(owner, [["One", failure()], [None, "Four"]])

    assert list(cells.missing(batch)) == [Todo(1, 0)]


def test_rows_wait_as_long_as_one_of_their_cells_has_not_ended(owner):
    batch = table(owner, [["One", None], ["Three", "Four"], [None, failure()], [failure(), "Eight"]])
    page = run("batch.rows", owner, batch_id=str(batch.pk), only="waiting")

    assert [row["external_id"] for row in page["rows"]] == ["ic01_1", "ic01_3"]
    assert page["count"] == 2
