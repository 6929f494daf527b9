"""Whose job is next where users take turns."""

from datetime import timedelta

import pytest
from django.utils import timezone

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.core.queues import Task
from backend.jobs import kinds, services, turns
from backend.jobs.models import Job, Status
from backend.jobs.recovery import recover
from backend.jobs.running import running

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
KIND = "shared-test"


@pytest.fixture(autouse=True)
def _kind():
    kinds.register(kinds.JobKind(KIND, Task.DIARIZE, per_user=2))
    yield
    del kinds._kinds[KIND]


def submit(user, count: int = 1) -> list[str]:
    return [str(services.submit(owner=user, kind=KIND, title="x").pk) for _ in range(count)]


def order() -> list[str]:
    return [str(job.pk) for job in turns.in_turn("diarization_queue")]


def test_everybodys_first_job_comes_before_anybodys_second(owner, teammate, stranger):
    mine, yours, theirs = submit(owner, 3), submit(teammate, 2), submit(stranger)
    assert order() == [mine[0], yours[0], theirs[0], mine[1], yours[1], mine[2]]


def test_ranks_are_told_in_that_order(owner, teammate):
    mine, yours = submit(owner, 2), submit(teammate)
    ranks = {job["id"]: job["queue_rank"] for job in services.describe_many(Job.objects.all())}
    assert [ranks[ident] for ident in (mine[0], yours[0], mine[1])] == [1, 2, 3]


def test_running_jobs_count_as_turns(owner, teammate):
    mine = submit(owner, 2)
    with running(mine[0]):
        yours = submit(teammate)
        assert order() == [yours[0], mine[1]]


def test_one_user_has_only_so_many_running(owner, teammate):
    mine = submit(owner, 3)
    with running(mine[0]), running(mine[1]):
        assert next(turns.due(KIND), None) is None
        (yours,) = submit(teammate)
        assert str(next(turns.due(KIND))) == yours
    assert str(next(turns.due(KIND))) == mine[2]


def test_a_job_that_waits_for_its_time_takes_nobodys_turn(owner):
    first, second, third = submit(owner, 3)
    Job.objects.filter(pk=first).update(retry_at=timezone.now() + timedelta(minutes=1))
    with running(second):
        assert str(next(turns.due(KIND))) == third


def test_a_lost_message_of_such_a_job_is_sent_again_only_when_it_is_its_turn(owner):
    from backend.core.queues import Queue, waiting
    from backend.core.redis_pools import sync_redis

    jobs = submit(owner, 4)
    with running(jobs[0]), running(jobs[1]):
        sync_redis().delete("celery:diarization_queue")
        Job.objects.filter(status=Status.QUEUED).update(sent_at=timezone.now() - timedelta(minutes=1))
        recover()
        assert waiting(Queue.DIARIZATION) == 0
    sync_redis().delete("celery:diarization_queue")
    recover()
    assert waiting(Queue.DIARIZATION) == 1
