"""The life of a job inside a worker."""

import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from backend.core.errors import AppError
from backend.jobs import keeper, services
from backend.jobs import running as running_module
from backend.jobs.errors import ClaimLost, JobFailed, TryLater
from backend.jobs.models import Job, Status
from backend.jobs.recovery import recover
from backend.jobs.running import NotClaimed, running
from backend.live import log
from backend.live.models import OutboxRow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def job(owner):
    return services.submit(owner=owner, kind="sleep", title="nap")


def fresh(job):
    return Job.objects.get(pk=job.pk)


def expire_lease(job):
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_job_is_completed_when_its_work_ends(job):
    with running(job.id):
        assert fresh(job).status == Status.STARTED
    assert (fresh(job).status, fresh(job).percent, fresh(job).attempt) == (Status.COMPLETED, 100.0, 1)


def test_a_message_that_comes_twice_finds_the_job_claimed(job):
    with running(job.id), pytest.raises(NotClaimed), running(job.id):
        pytest.fail("claimed twice")


def test_a_job_is_claimed_once_by_many_workers_at_the_same_time(job):
    claimed = []

    def work():
        with suppress(NotClaimed), running(job.id) as run:
            claimed.append(run.job.attempt)
            time.sleep(0.2)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claimed == [1]


def test_a_typed_failure_keeps_its_code(job):
    with running(job.id):
        raise JobFailed("unreadable_audio", "No sound in it.")
    assert fresh(job).error == {"code": "unreadable_audio", "message": "No sound in it."}
    assert fresh(job).status == Status.FAILED


def test_an_unexpected_error_fails_the_job_without_telling_its_text(job):
    with running(job.id):
        raise ZeroDivisionError("secret")
    assert fresh(job).error["code"] == "internal"
    assert "secret" not in fresh(job).error["message"]


@pytest.mark.parametrize("error", [TryLater("unavailable", "later"), OperationalError("gone")])
def test_a_passing_fault_puts_the_job_back_for_later(job, error):
    with running(job.id):
        raise error
    assert fresh(job).status == Status.QUEUED
    assert fresh(job).retry_at > timezone.now()


def test_a_passing_fault_that_does_not_pass_ends_as_failed(job):
    for _ in range(3):
        with running(job.id):
            raise TryLater("unavailable", "later")
        Job.objects.filter(pk=job.pk, status=Status.QUEUED).update(retry_at=timezone.now())
        recover()
    assert (fresh(job).status, fresh(job).attempt) == (Status.FAILED, 3)


def test_a_cancelled_job_ends_its_work_at_the_next_step(job, owner):
    with running(job.id) as run:
        services.cancel(owner, job.id)
        time.sleep(keeper.CHECK_S)
        run.raise_if_cancelled()
        pytest.fail("went on")
    assert fresh(job).status == Status.CANCELLED


def test_a_cancelled_attempt_can_write_nothing_more(job, owner):
    with running(job.id) as run:
        services.cancel(owner, job.id)
        with run.guarded():
            pytest.fail("was let in")
    assert fresh(job).status == Status.CANCELLED


def test_a_cancelled_attempt_can_publish_nothing_more(job, owner):
    with running(job.id) as run:
        run.publish_now("transcript:1", "segment", {})
        Job.objects.filter(pk=job.pk).update(subject="transcript:1")
        services.cancel(owner, job.id)
        assert run.publish_now("transcript:1", "segment", {}) is None


def test_a_lost_worker_is_replaced_and_its_zombie_refused(job):
    with running(job.id) as zombie:
        expire_lease(job)
        recover()
        with running(job.id) as successor:
            assert successor.job.attempt == 2
            with pytest.raises(ClaimLost), zombie.guarded():
                pytest.fail("the zombie was let in")
    assert (fresh(job).status, fresh(job).attempt) == (Status.COMPLETED, 2)


def test_the_end_of_a_zombie_does_not_end_the_job(job):
    with running(job.id):
        expire_lease(job)
        recover()
    assert fresh(job).status == Status.QUEUED


def test_a_job_that_loses_every_worker_ends_as_failed(job):
    for _ in range(3):
        work = running(job.id)
        work.__enter__()
        work._keeper.stop()
        expire_lease(job)
        recover()
    assert fresh(job).status == Status.FAILED
    assert fresh(job).error["code"] == "worker_lost"


def test_work_on_the_outside_world_is_never_repeated_by_itself(owner):
    job = services.submit(owner=owner, kind="once", title="push")
    work = running(job.id)
    work.__enter__()
    work._keeper.stop()
    expire_lease(job)
    recover()
    assert (fresh(job).status, fresh(job).error["code"]) == (Status.FAILED, "worker_lost")


def test_a_stopping_worker_hands_its_job_back_without_counting_the_try(job, monkeypatch):
    monkeypatch.setattr(running_module._stopping, "value", 1)
    with running(job.id) as run:
        run.raise_if_cancelled()
    monkeypatch.setattr(running_module._stopping, "value", 0)
    assert fresh(job).status == Status.QUEUED
    assert fresh(job).attempt_limit - fresh(job).attempt == 3


def test_the_lease_is_kept_alive_while_the_work_goes_on(job, monkeypatch):
    monkeypatch.setattr(keeper, "RENEWALS", 240)
    with running(job.id):
        before = fresh(job).lease_until
        time.sleep(0.6)
        assert fresh(job).lease_until > before


def test_progress_is_coalesced_and_the_last_report_is_never_dropped(job):
    with running(job.id) as run:
        for done in range(1000):
            run.progress(done + 1, 1000, stage="counting", unit="steps")
        time.sleep(2.5 * keeper.REPORT_S)
        row = fresh(job)
    assert (row.done, row.total, row.stage, row.percent) == (1000, 1000, "counting", 100.0)
    progress = [entry for entry in events(job) if entry.event == "progress"]
    assert 1 <= len(progress) <= 5


def test_progress_of_an_overtaken_attempt_is_refused(job, owner):
    with running(job.id) as run:
        run.progress(1, 10, stage="counting")
        time.sleep(2 * keeper.REPORT_S)
        services.cancel(owner, job.id)
        count = len(events(job))
        run.progress(9, 10, stage="counting")
        time.sleep(2 * keeper.REPORT_S)
    assert len(events(job)) == count
    assert fresh(job).done == 1


def test_the_keeper_outlives_an_outage_of_redis(job, redis_server):
    with running(job.id) as run:
        redis_server.kill()
        run.progress(5, 10, stage="counting")
        time.sleep(0.5)
        redis_server.start()
        time.sleep(1.0)
    assert fresh(job).status == Status.COMPLETED


def test_what_could_not_be_sent_during_an_outage_is_sent_by_the_sweeper(job, redis_server, monkeypatch):
    from backend.live import outbox

    redis_server.kill()
    with running(job.id):
        pass
    waiting = OutboxRow.objects.count()
    redis_server.start()
    monkeypatch.setattr(outbox, "SWEEP_AFTER", timedelta(0))
    outbox.sweep()
    assert waiting > 0
    assert OutboxRow.objects.count() == 0
    assert events(job)[-1].event == "status"
    assert '"status":"completed"' in events(job)[-1].text


def test_an_error_of_the_caller_becomes_the_jobs_error(job):
    with running(job.id):
        raise AppError("audio_too_long", "Too long.")
    assert fresh(job).error["code"] == "audio_too_long"


def events(job):
    from asgiref.sync import async_to_sync

    async def read():
        from backend.core.redis_pools import close_async_redis

        position = await log.read_position(job.topic)
        entries = await log.read_after(job.topic, log.Position(position.epoch, 0))
        await close_async_redis()
        return entries or []

    return async_to_sync(read)()
