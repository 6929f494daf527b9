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
OTHER = "shared-test-too"


@pytest.fixture(autouse=True)
def _kinds():
    for name in (KIND, OTHER):
        kinds.register(kinds.JobKind(name, Task.DIARIZE, per_user=2))
    yield
    for name in (KIND, OTHER):
        del kinds._kinds[name]


def submit(user, count: int = 1, kind: str = KIND) -> list[str]:
    return [str(services.submit(owner=user, kind=kind, title="x").pk) for _ in range(count)]


def order() -> list[str]:
    return [str(job.pk) for job in turns.in_turn("diarization_queue")]


def test_everybodys_first_job_comes_before_anybodys_second(owner, teammate, stranger):
    mine, yours, theirs = submit(owner, 3), submit(teammate, 2), submit(stranger)
    assert order() == [mine[0], yours[0], theirs[0], mine[1], yours[1], mine[2]]


def test_users_take_turns_whatever_kinds_their_jobs_are_of(owner, teammate):
    mine, others, yours = submit(owner, 3), submit(owner, kind=OTHER), submit(teammate, kind=OTHER)
    assert order() == [mine[0], yours[0], mine[1], mine[2], others[0]]
    assert str(next(turns.due(Task.DIARIZE))) == mine[0]
    with running(mine[0]):
        assert str(next(turns.due(Task.DIARIZE))) == yours[0]


def test_ranks_are_told_in_that_order(owner, teammate):
    mine, yours = submit(owner, 2), submit(teammate)
    ranks = {job["id"]: job["queue_rank"] for job in services.describe_many(Job.objects.all())}
    assert [ranks[ident] for ident in (mine[0], yours[0], mine[1])] == [1, 2, 3]


def test_running_jobs_count_as_turns(owner, teammate):
    mine = submit(owner, 2)
    with running(mine[0]):
        yours = submit(teammate)
        assert order() == [yours[0], mine[1]]


def test_whoever_came_first_does_not_go_on_before_the_others_have_had_their_turn(owner, teammate):
    mine, yours = submit(owner, 3), submit(teammate, 2)
    started = []
    while (following := next(turns.due(Task.DIARIZE), None)) is not None:
        with running(following):
            started.append(str(following))
    assert started == [mine[0], yours[0], mine[1], yours[1], mine[2]]


def test_a_job_that_was_cancelled_while_it_waited_was_no_turn(owner, teammate):
    gone, mine = submit(owner, 2)
    yours = submit(teammate)
    services.cancel(owner, gone)
    assert order() == [mine, *yours]


def test_one_user_has_only_so_many_running(owner, teammate):
    mine = submit(owner, 3)
    with running(mine[0]), running(mine[1]):
        assert next(turns.due(Task.DIARIZE), None) is None
        (yours,) = submit(teammate)
        assert str(next(turns.due(Task.DIARIZE))) == yours
    assert order() == [yours, mine[2]]


def test_the_jobs_of_all_kinds_count_for_how_many_run(owner):
    (mine,), (other,) = submit(owner), submit(owner, kind=OTHER)
    submit(owner)
    with running(mine), running(other):
        assert next(turns.due(Task.DIARIZE), None) is None


def test_a_job_that_waits_for_its_time_takes_nobodys_turn(owner):
    first, second, third = submit(owner, 3)
    Job.objects.filter(pk=first).update(retry_at=timezone.now() + timedelta(minutes=1))
    with running(second):
        assert str(next(turns.due(Task.DIARIZE))) == third


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


def test_a_kind_that_takes_no_turns_comes_first_and_is_nobodys_turn(owner, teammate):
    kinds.register(kinds.JobKind("urgent-test", Task.DIARIZE))
    try:
        mine, yours = submit(owner, 3), submit(teammate)
        with running(mine[0]), running(mine[1]):
            (urgent,) = submit(owner, kind="urgent-test")
            in_order, next_one = order(), str(next(turns.due(Task.DIARIZE)))
    finally:
        del kinds._kinds["urgent-test"]
    assert in_order == [urgent, yours[0], mine[2]]
    assert next_one == urgent
