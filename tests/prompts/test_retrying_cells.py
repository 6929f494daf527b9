"""Failed cells that are to be done once more: when that is refused, and who is told."""

import pytest

from backend.jobs.models import Job
from backend.prompts.models import Batch, Cell
from tests.fixtures.upstream import Script
from tests.prompts.batching import begin, refused, run, work
from tests.prompts.tables import cell, failure
from tests.prompts.watching import epoch_of

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def half_failed(upstream, owner, document) -> Batch:
    """A batch that has ended with a cell done and a cell failed."""
    upstream.scripts.append(Script(status=400, error={"message": "no"}))
    batch = work(begin(owner, [document("1"), document("2")]))
    assert (batch.done, batch.failed) == (1, 1)
    return batch


def test_where_the_tokens_of_a_day_are_used_up_nothing_is_done_again(owner, half_failed, configure):
    configure(chat_tokens_per_day=10)

    assert refused("batch.retry_failed", owner, batch_id=str(half_failed.pk)).code == "limit_reached"
    assert Job.objects.get().status == "completed"
    assert Cell.objects.filter(status="failed").count() == 1


def test_a_batch_that_has_not_ended_keeps_its_failed_cells(owner, document):
    batch = begin(owner, [document("1"), document("2")])
    cell(batch, 0, 0, failure()).save()

    assert refused("batch.retry_failed", owner, batch_id=str(batch.pk)).code == "conflict"
    assert Cell.objects.filter(status="failed").count() == 1


def test_whoever_looks_on_takes_a_new_snapshot(owner, half_failed):
    before = epoch_of(half_failed)
    run("batch.retry_failed", owner, batch_id=str(half_failed.pk))

    assert epoch_of(half_failed) != before


def test_a_job_that_is_done_again_begins_at_nothing(owner, half_failed):
    again = run("batch.retry_failed", owner, batch_id=str(half_failed.pk))["job"]

    assert (again["status"], again["percent"], again["done"]) == ("queued", 0, 0)
