"""Snapshot + events = fresh snapshot: what a client has after following is what it would get by asking anew."""

import asyncio
import random
from contextlib import suppress

import pytest

from backend.jobs import services as jobs
from backend.jobs.errors import JobFailed
from backend.jobs.models import Job, Status
from backend.jobs.running import NotClaimed, running
from backend.live import topics
from backend.live.publish import publish_now
from consumers.threads import in_thread
from tests.consumers.client import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def live_through(owner, seed):
    """Some jobs, in some order, through everything that can happen to them."""
    chance = random.Random(seed)
    made = []
    for _ in range(25):
        step = chance.choice(["submit", "submit", "complete", "fail", "cancel", "again"])
        waiting = Job.objects.filter(owner=owner, status=Status.QUEUED).first()
        if step == "submit" or not made:
            made.append(jobs.submit(owner=owner, kind="sleep", title=f"job {len(made)}"))
        elif step in {"complete", "fail"} and waiting:
            with suppress(NotClaimed), running(waiting.id) as run:
                run.progress(3, 10, stage="half")
                if step == "fail":
                    raise JobFailed("engine_failed", "It broke.")
        elif step == "cancel" and waiting:
            jobs.cancel(owner, waiting.id)
        elif step == "again" and (dead := Job.objects.filter(owner=owner, status=Status.FAILED).first()):
            jobs.run_again(owner, dead.id)


@pytest.mark.parametrize("seed", range(4))
async def test_following_all_jobs_of_a_user_gives_the_fresh_snapshot(owner, seed):
    topic = f"user:{owner.pk}"
    async with Socket() as socket:
        await socket.sign_in(owner)
        state = {job["id"]: job for job in (await socket.subscribe(topic))["snapshot"]["jobs"]}
        work = asyncio.create_task(_work_and_mark_the_end(owner, topic, seed))
        while "the end" not in state:
            frame = await socket.until("event", "subscribed")
            if frame["type"] == "subscribed":
                state = {job["id"]: job for job in frame["snapshot"]["jobs"]}
            else:
                state[frame["data"]["id"]] = frame["data"]
        await work
        fresh = (await in_thread(topics.snapshot, topic)).data["jobs"]
    del state["the end"]
    assert state == {job["id"]: job for job in fresh}
    assert len(state) > 1


async def _work_and_mark_the_end(owner, topic, seed):
    await in_thread(live_through, owner, seed)
    await in_thread(publish_now, topic, "job", {"id": "the end"})


async def test_following_one_job_gives_the_fresh_snapshot(owner):
    job = await in_thread(jobs.submit, owner=owner, kind="sleep", title="nap")

    def work():
        with running(job.id) as run:
            for done in range(50):
                run.progress(done, 50, stage="counting", unit="steps")

    async with Socket() as socket:
        await socket.sign_in(owner)
        state = (await socket.subscribe(job.topic))["snapshot"]
        await in_thread(work)
        while state["status"] != "completed":
            state = (await socket.until("event"))["data"]
        assert state == (await in_thread(topics.snapshot, job.topic)).data
