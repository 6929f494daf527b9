"""The work of a batch: which cells are done, what is stored of them and what is told."""

import pytest

from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.running import running
from backend.prompts.models import Cell
from backend.prompts.services import working
from tasks.prompts import run_batch
from tests.fixtures.upstream import Script
from tests.prompts.batching import SUMMARY, TONE, begin, make_document, run, snapshot, table, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

REFUSED = Script(status=400, error={"message": "no", "code": "bad"})


def test_each_prompt_is_asked_of_each_document(upstream, owner, document):
    batch = work(begin(owner, [document("ic01_1", "One."), document("ic01_2", "Two.")], [SUMMARY, TONE]))
    assert table(batch) == [["Hello you!"] * 2] * 2
    assert (batch.job.status, batch.done, batch.failed) == (Status.COMPLETED, 4, 0)
    asked = {(messages[-1]["content"], "One." in messages[0]["content"]) for messages in _questions(upstream)}
    assert asked == {
        (SUMMARY["value"], True),
        (SUMMARY["value"], False),
        ("What is the tone of Document ic01_1?", True),
        ("What is the tone of Document ic01_2?", False),
    }


def test_tokens_are_counted_as_the_server_counts_them(upstream, owner, document):
    batch = work(begin(owner, [document("1"), document("2")]))
    assert (batch.prompt_tokens, batch.completion_tokens, batch.is_estimated) == (22, 14, False)
    assert batch.cost is None


def test_the_cost_is_that_of_the_settings(upstream, owner, document, configure):
    configure(chat_prices={"large": (1.0, 10.0)})
    batch = work(begin(owner, [document("1")]))
    assert batch.cost == pytest.approx((11 * 1.0 + 7 * 10.0) / 1_000_000)


def test_the_model_that_is_told_and_paid_for_is_the_one_that_is_asked(upstream, owner, document, configure):
    configure(chat_model="alias", chat_prices={"alias": (1.0, 10.0), "large": (5.0, 50.0)})
    batch = work(begin(owner, [document("1")]))
    assert batch.engine["model"] == upstream.requests[0]["model"] == "alias"
    assert batch.cost == pytest.approx((11 * 1.0 + 7 * 10.0) / 1_000_000)


def test_a_cell_that_the_server_refuses_fails_and_the_others_go_on(upstream, owner, document):
    upstream.scripts.append(REFUSED)
    batch = work(begin(owner, [document("1"), document("2")]))
    assert (batch.job.status, batch.done, batch.failed) == (Status.COMPLETED, 1, 1)
    failed = Cell.objects.get(batch=batch, status="failed")
    assert (failed.error_code, failed.tries) == ("upstream_refused", 1)


def test_half_a_surrogate_pair_in_one_answer_harms_no_cell(upstream, owner, document):
    upstream.scripts.append(Script(words=["ok ", "\ud83d", "!"]))
    batch = work(begin(owner, [document("1"), document("2"), document("3")]))
    assert (batch.job.status, batch.done) == (Status.COMPLETED, 3)


def test_a_server_that_fails_is_asked_again(upstream, owner, document):
    upstream.scripts.extend([Script(status=500), Script(cut_at=1)])
    batch = work(begin(owner, [document("1")]))
    cell = Cell.objects.get(batch=batch)
    assert (cell.status, cell.tries, cell.text) == ("done", 3, "Hello you!")


def test_a_busy_server_is_waited_for_as_long_as_it_asks(upstream, owner, document, read_log):
    upstream.scripts.append(Script(status=429, headers={"Retry-After": "1"}))
    batch = work(begin(owner, [document("1")]))
    assert (batch.done, Cell.objects.get(batch=batch).tries) == (1, 2)
    told = [event["data"]["totals"]["busy_until"] for event in read_log(batch.topic) if event["event"] == "details"]
    assert any(told)
    assert batch.busy_until is None


def test_a_batch_is_given_up_when_the_server_refuses_everything(upstream, owner, document, settings):
    refused = Script(status=401, error={"message": "no"})
    upstream.scripts.extend([refused] * working.MOST_REFUSED + [Script(before_s=30)] * 35)
    batch = work(begin(owner, [document(str(number)) for number in range(40)]))
    assert (batch.job.status, batch.job.error["code"]) == (Status.FAILED, "upstream_refused")
    assert (batch.done, batch.failed) == (0, working.MOST_REFUSED)
    assert upstream.wait_until_closed()
    assert len(upstream.requests) <= working.MOST_REFUSED + settings.CONFIG.prompt_cells


def test_a_batch_is_given_up_when_nobody_answers(configure, owner, document):
    configure(chat_engine="openai", openai_base_url="http://127.0.0.1:9/v1", chat_model="small")
    working_waits = working.FIRST_WAIT_S
    working.FIRST_WAIT_S = 0.01
    try:
        batch = work(begin(owner, [document(str(number)) for number in range(40)], model="small"))
    finally:
        working.FIRST_WAIT_S = working_waits
    assert (batch.job.status, batch.job.error["code"]) == (Status.FAILED, "upstream_failed")


def test_cancelling_hangs_up_and_keeps_what_is_done(upstream, owner, document):
    upstream.scripts.append(Script())
    upstream.scripts.extend([Script(words=["x"] * 100, pause_s=0.2)] * 20)
    batch = begin(owner, [document(str(number)) for number in range(12)])
    with running(batch.pk) as claimed:
        original = claimed.raise_if_cancelled

        def cancel_after_the_first():
            if Cell.objects.filter(batch=batch).exists() and not batch_ended(batch):
                jobs.cancel(owner, batch.pk)
            original()

        claimed.raise_if_cancelled = cancel_after_the_first
        working.work(claimed)
    assert upstream.wait_until_closed()
    assert upstream.aborted >= 1
    batch.refresh_from_db()
    assert (batch.job.status, Cell.objects.filter(batch=batch).count(), batch.done) == (Status.CANCELLED, 1, 1)


def batch_ended(batch) -> bool:
    batch.job.refresh_from_db()
    return batch.job.has_ended


def test_a_successor_does_the_missing_cells_only(upstream, owner, document):
    batch = begin(owner, [document(str(number)) for number in range(6)])
    upstream.scripts.extend([Script()] * 3 + [Script(words=["x"] * 100, pause_s=0.2)] * 3)
    with running(batch.pk) as claimed:
        original = claimed.raise_if_cancelled

        def die_after_three():
            if Cell.objects.filter(batch=batch).count() == 3:
                raise SystemExit
            original()

        claimed.raise_if_cancelled = die_after_three
        with pytest.raises(SystemExit):
            working.work(claimed)
        _hand_on(batch)
    done_before = set(Cell.objects.filter(batch=batch).values_list("pk", flat=True))
    upstream.scripts.clear()
    asked_before = len(upstream.requests)
    batch = work(batch)
    assert len(upstream.requests) - asked_before == 3
    assert (batch.done, Cell.objects.filter(batch=batch).count(), batch.job.attempt) == (6, 6, 2)
    assert done_before < set(Cell.objects.filter(batch=batch).values_list("pk", flat=True))


def _hand_on(batch) -> None:
    """What the sweeper does when a worker was lost."""
    from django.db import transaction

    from backend.jobs.services import requeue

    with transaction.atomic():
        requeue(Job.objects.select_for_update(of=("self",)).select_related("owner").get(pk=batch.pk))


def test_only_the_failed_cells_are_done_again(upstream, owner, document):
    upstream.scripts.extend([REFUSED, REFUSED])
    batch = work(begin(owner, [document("1"), document("2"), document("3")]))
    assert (batch.done, batch.failed) == (1, 2)
    again = run("batch.retry_failed", owner, batch_id=str(batch.pk))
    assert (again["job"]["status"], again["totals"]["failed"]) == ("queued", 0)
    batch = work(batch)
    assert (batch.job.status, batch.done, batch.failed, len(upstream.requests)) == (Status.COMPLETED, 3, 0, 5)


def test_many_batches_keep_nobody_waiting_for_a_preview(upstream, owner, teammate, document):
    mine = [begin(owner, [document(str(number))]) for number in range(6)]
    preview = begin(teammate, [make_document(teammate, "1", "Text.")], preview=True)
    assert jobs.describe(preview.job)["queue_rank"] == 1
    run_batch(str(mine[0].pk))
    assert list(Job.objects.filter(status=Status.COMPLETED).values_list("pk", flat=True)) == [preview.pk]


def test_the_preview_of_somebody_whose_batches_run_does_not_wait_for_them(upstream, owner, document):
    mine = [begin(owner, [document(str(number))]) for number in range(3)]
    with running(mine[0].pk), running(mine[1].pk):
        preview = begin(owner, [document("4")], preview=True)
        run_batch(str(preview.pk))
    done = Job.objects.filter(pk__in=[preview.pk, mine[2].pk], status=Status.COMPLETED)
    assert [job.pk for job in done] == [preview.pk]


def test_a_deleted_document_fails_its_cells_only(upstream, owner, document):
    gone = document("1")
    batch = begin(owner, [gone, document("2")])
    gone.delete()
    batch = work(batch)
    assert (batch.done, batch.failed) == (1, 1)
    assert Cell.objects.get(batch=batch, status="failed").error_code == "not_found"


def test_where_the_tokens_of_a_day_are_used_up_nothing_begins_and_what_waits_ends(upstream, owner, document, configure):
    waiting = begin(owner, [document("2")])
    work(begin(owner, [document("1")]))
    configure(chat_tokens_per_day=10)
    with pytest.raises(AppError) as refused:
        begin(owner, [document("3")])
    assert refused.value.code == "limit_reached"
    waiting = work(waiting)
    assert (waiting.job.status, waiting.job.error["code"], len(upstream.requests)) == ("failed", "limit_reached", 1)


def test_a_batch_that_uses_up_the_tokens_of_a_day_ends_and_keeps_what_is_done(
    upstream, owner, document, configure, monkeypatch
):
    configure(chat_tokens_per_day=30)
    monkeypatch.setattr(working, "QUOTA_EVERY_S", 0.0)
    upstream.scripts.extend([Script(), Script(), *[Script(words=["x"] * 100, pause_s=0.2)] * 10])
    batch = work(begin(owner, [document(str(number)) for number in range(10)]))
    assert (batch.job.status, batch.job.error["code"], batch.done) == ("failed", "limit_reached", 2)


def test_a_snapshot_and_the_events_after_it_are_a_fresh_snapshot(upstream, owner, document, read_log):
    upstream.scripts.extend([REFUSED])
    batch = begin(owner, [document(str(number)) for number in range(5)], [SUMMARY, TONE])
    before = snapshot(batch)
    assert before["states"] == "." * 10
    batch = work(batch)
    assert _applied(before, read_log(batch.topic)) == _comparable(snapshot(batch))


def test_nothing_is_stored_for_a_batch_that_was_deleted_while_it_ran(upstream, owner, document):
    batch = begin(owner, [document(str(number)) for number in range(3)])
    with running(batch.pk) as claimed:
        run("batch.delete", owner, batch_id=str(batch.pk))
        working.work(claimed)
    assert not Cell.objects.exists()


def _applied(state: dict, events: list[dict]) -> tuple:
    states = list(state["states"])
    batch = state["batch"]
    columns = len(batch["prompts"])
    for event in events:
        if event["event"] == "details":
            batch = event["data"]
        elif event["event"] == "cells":
            batch["totals"] = event["data"]["totals"]
            for cell in event["data"]["cells"]:
                states[cell["row"] * columns + cell["column"]] = {"done": "d", "failed": "f"}[cell["status"]]
    return _comparable({"batch": batch, "states": "".join(states)})


def _comparable(state: dict) -> tuple:
    # The job has a topic of its own.
    return ({key: value for key, value in state["batch"].items() if key != "job"}, state["states"])


def _questions(upstream) -> list[list[dict]]:
    return [request["messages"] for request in upstream.requests]
