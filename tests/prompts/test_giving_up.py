"""How long a batch waits before it asks a server again, and when it gives up altogether."""

import pytest

from backend.engines.chatting import UpstreamError
from backend.jobs.models import Status
from backend.prompts.services import working
from backend.prompts.services.pool import cells_at_work
from tests.fixtures.upstream import Script
from tests.prompts.batching import begin, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

REFUSED = Script(status=400, error={"message": "no", "code": "bad"})
BROKEN = Script(status=500)


@pytest.fixture(autouse=True)
def _one_after_the_other(configure) -> None:
    configure(prompt_cells=1)


@pytest.mark.parametrize(
    ("code", "tries", "asked_s", "wait_s"),
    [
        ("upstream_failed", 0, None, 1.0),
        ("upstream_failed", 2, None, 4.0),
        ("upstream_failed", 3, None, None),
        ("upstream_busy", 0, None, 1.0),
        ("upstream_busy", 0, 3.0, 3.0),
        ("upstream_busy", 10, None, 60.0),
        ("upstream_busy", 0, 500.0, 60.0),
        ("upstream_busy", 11, 3.0, None),
        ("upstream_refused", 0, None, None),
    ],
)
def test_a_server_is_asked_again_after_what_it_asks_for_or_twice_as_long_each_time(code, tries, asked_s, wait_s):
    error = UpstreamError(code, "no", before_first_token=True, retry_after_s=asked_s)

    assert working._wait_s(error, tries) == wait_s
    # Only a busy server is left alone by all that would ask it.
    paused_s = wait_s if code == "upstream_busy" and wait_s else 0.0
    assert paused_s - 0.9 < cells_at_work().paused_s <= paused_s


def test_failures_with_answers_between_them_are_no_outage(upstream, owner, document, monkeypatch):
    monkeypatch.setattr(working, "TRIES", 1)
    monkeypatch.setattr(working, "MOST_FAILED", 2)
    upstream.scripts.extend([BROKEN, Script()] * 3)
    batch = work(begin(owner, [document(str(number)) for number in range(6)]))

    assert (batch.job.status, batch.done, batch.failed) == (Status.COMPLETED, 3, 3)


def test_failures_in_a_row_are_an_outage(upstream, owner, document, monkeypatch):
    monkeypatch.setattr(working, "TRIES", 1)
    monkeypatch.setattr(working, "MOST_FAILED", 2)
    upstream.scripts.extend([Script(), BROKEN, BROKEN, Script(before_s=30)])
    batch = work(begin(owner, [document(str(number)) for number in range(6)]))

    assert (batch.job.status, batch.job.error["code"]) == (Status.FAILED, "upstream_failed")
    assert (batch.done, batch.failed) == (1, 2)


def test_a_server_that_has_answered_may_refuse_as_much_as_it_likes(upstream, owner, document):
    upstream.scripts.extend([Script(), *[REFUSED] * working.MOST_REFUSED])
    batch = work(begin(owner, [document(str(number)) for number in range(working.MOST_REFUSED + 2)]))

    assert (batch.job.status, batch.done, batch.failed) == (Status.COMPLETED, 2, working.MOST_REFUSED)
