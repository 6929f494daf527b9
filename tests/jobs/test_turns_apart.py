"""Queues know nothing of one another: in one users take turns, in another whoever comes first is first."""

import pytest

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.core.queues import Task
from backend.jobs import kinds, services, turns
from backend.jobs.models import Job
from backend.jobs.running import running

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
IN_TURNS = "turns-test"
FIRST_COME = "sleep"


@pytest.fixture(autouse=True)
def _kind():
    kinds.register(kinds.JobKind(IN_TURNS, Task.DIARIZE, per_user=2))
    yield
    del kinds._kinds[IN_TURNS]


def submit(user, kind: str) -> Job:
    return services.submit(owner=user, kind=kind, title="x")


def order(kind: str) -> list[Job]:
    return list(turns.in_turn(kinds.find(kind).queue.value))


def test_where_no_kind_takes_turns_whoever_comes_first_is_first(owner, teammate):
    jobs = [submit(user, FIRST_COME) for user in (owner, owner, teammate)]

    assert order(FIRST_COME) == jobs


def test_what_runs_in_another_queue_is_no_turn(owner, teammate):
    elsewhere = submit(owner, FIRST_COME)
    jobs = [submit(user, IN_TURNS) for user in (owner, teammate)]
    with running(elsewhere.pk):
        assert order(IN_TURNS) == jobs


def test_what_has_ended_in_another_queue_is_no_turn(owner, teammate):
    elsewhere = submit(owner, FIRST_COME)
    jobs = [submit(user, IN_TURNS) for user in (owner, teammate)]
    with running(elsewhere.pk):
        pass

    assert order(IN_TURNS) == jobs
