"""A task that serves a queue where users take turns: one job for each message."""

import pytest

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.core.queues import Queue, Task, waiting
from backend.core.redis_pools import sync_redis
from backend.jobs import kinds, running, services, serving
from backend.jobs.errors import JobFailed
from backend.jobs.models import Job, Status

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
KIND = "served-test"


@pytest.fixture(autouse=True)
def _kind():
    kinds.register(kinds.JobKind(KIND, Task.DIARIZE, per_user=1))
    yield
    del kinds._kinds[KIND]


def submit(user, count: int = 1) -> list[str]:
    """Queue jobs whose messages were spent."""
    jobs = [str(services.submit(owner=user, kind=KIND, title="x").pk) for _ in range(count)]
    sync_redis().delete("celery:diarization_queue")
    return jobs


def serve(work=lambda _run: None) -> list[str]:
    """What one message has done, and how many messages there are after it."""
    done = []

    def note(run):
        done.append(str(run.job.pk))
        work(run)

    serving.do_next(Task.DIARIZE, note)
    return done


def messages() -> int:
    return waiting(Queue.DIARIZATION)


def test_a_message_does_one_job_and_sends_for_the_next_one(owner, teammate):
    mine, yours = submit(owner, 2), submit(teammate)
    assert (serve(), messages()) == ([mine[0]], 1)
    assert (serve(), messages()) == ([yours[0]], 2)
    assert (serve(), messages()) == ([mine[1]], 2)
    assert (serve(), messages()) == ([], 2)


def test_a_message_that_comes_while_enough_of_its_owner_run_is_spent_and_made_up_for(owner):
    mine = submit(owner, 3)
    assert serve(lambda _run: serve() and pytest.fail("two at a time")) == [mine[0]]
    assert messages() == 1


def test_a_job_that_another_worker_has_taken_is_passed_over(owner, teammate, monkeypatch):
    mine, yours = submit(owner), submit(teammate)
    found = serving.turns.due
    taken = []

    def too_late(task):
        for job_id in found(task):
            if not taken:
                taken.append(running.running(job_id).__enter__())
            yield job_id

    monkeypatch.setattr(serving.turns, "due", too_late)
    try:
        assert serve() == yours
        assert str(taken[0].job.pk) == mine[0]
    finally:
        taken[0]._keeper.stop()


def test_a_job_that_fails_sends_for_the_next_one_too(owner):
    mine = submit(owner, 2)

    def fail(_run):
        raise JobFailed("internal", "no")

    assert (serve(fail), messages()) == ([mine[0]], 1)
    assert Job.objects.get(pk=mine[0]).status == Status.FAILED


def test_a_worker_that_stops_takes_no_job(owner):
    submit(owner)
    running.worker_stopping()
    try:
        assert serve() == []
    finally:
        running._stopping.value = 0
