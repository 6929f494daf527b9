"""A subscription whose reader is slow: it is caught up from the log, or let go when it stays behind."""

import asyncio

import pytest

from backend.jobs import services as jobs
from backend.live import log
from backend.live.publish import draft, publish_many_now
from consumers import protocol, subscription
from consumers.hub import get_hub
from consumers.outgoing import Outgoing
from consumers.subscription import Subscription
from consumers.threads import in_thread
from tests.consumers.test_outgoing import Reader

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


class Follower:
    """A reader of one topic through a real subscription, without a socket around it."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.reader = Reader()
        self.stuck = asyncio.Event()
        self.outgoing = Outgoing(self.reader.send, lambda: None)
        self.subscription = Subscription(topic, self.outgoing, self._stuck, lambda topic, error: None)

    async def _stuck(self):
        self.stuck.set()

    async def start(self):
        await get_hub().join(self.topic, self.subscription)
        await self.subscription.begin(None, 1)

    async def stop(self):
        await get_hub().leave(self.topic, self.subscription)
        await self.subscription.end()
        await self.outgoing.close()

    def last_seq(self):
        return self.reader.frames[-1]["seq"]

    async def until(self, seq):
        async with asyncio.timeout(10):
            while self.last_seq() < seq:
                await self.reader.arrived()

    def check(self):
        seq = None
        for frame in self.reader.frames:
            if frame["type"] == "event":
                assert frame["seq"] == seq + 1 + frame.get("skipped", 0)
            seq = frame["seq"]


@pytest.fixture
async def follower(owner):
    job = await in_thread(jobs.submit, owner=owner, kind="sleep", title="nap")
    follower = Follower(job.topic)
    await follower.start()
    yield follower
    await follower.stop()


def publish(topic, count, replaces="", padding=0):
    drafts = [draft(topic, "segment", {"n": n, "x": "x" * padding}, replaces=replaces) for n in range(count)]
    return [entry for entry in publish_many_now(drafts) if entry]


async def test_a_reader_that_pauses_is_caught_up_from_the_log(follower):
    follower.reader.open.clear()
    last = (await in_thread(publish, follower.topic, 700))[-1].seq
    await asyncio.sleep(0.3)
    follower.reader.open.set()
    await follower.until(last)
    follower.check()
    assert len([frame for frame in follower.reader.frames if frame["type"] == "event"]) >= 700


async def test_a_reader_that_pauses_past_the_window_gets_a_snapshot(follower):
    await in_thread(publish, follower.topic, 1)
    follower.reader.open.clear()
    for _ in range(3):
        last = (await in_thread(publish, follower.topic, log.MAX_ENTRIES // 2))[-1].seq
        await asyncio.sleep(0.2)
    follower.reader.open.set()
    await follower.until(last)
    follower.check()
    assert [frame["type"] for frame in follower.reader.frames].count("subscribed") == 2


async def test_what_waits_for_a_reader_that_never_reads_is_bounded(follower):
    follower.reader.open.clear()
    for _ in range(5):
        await in_thread(publish, follower.topic, 300, padding=2000)
        await asyncio.sleep(0.1)
    assert len(follower.outgoing._queue) <= protocol.QUEUE_FRAMES
    assert follower.outgoing._bytes <= protocol.QUEUE_BYTES


async def test_a_reader_that_stays_behind_is_let_go(follower, monkeypatch):
    monkeypatch.setattr(subscription, "STUCK_AFTER_S", 0.3)
    follower.reader.open.clear()
    await in_thread(publish, follower.topic, 400)
    async with asyncio.timeout(15):
        await follower.stuck.wait()


async def test_replaceable_states_are_overwritten_for_a_slow_reader(follower):
    follower.reader.open.clear()
    last = (await in_thread(publish, follower.topic, 200, replaces="job"))[-1].seq
    await asyncio.sleep(0.3)
    follower.reader.open.set()
    await follower.until(last)
    follower.check()
    assert len(follower.reader.frames) < 20


async def test_a_client_that_has_begun_to_acknowledge_gets_no_more_than_the_window_ahead(follower):
    first = (await in_thread(publish, follower.topic, 1))[-1].seq
    await follower.until(first)
    follower.subscription.ack(first)
    last = (await in_thread(publish, follower.topic, 900))[-1].seq
    await follower.until(first + protocol.ACK_WINDOW)
    await asyncio.sleep(0.3)
    assert follower.last_seq() == first + protocol.ACK_WINDOW
    follower.subscription.ack(first + protocol.ACK_WINDOW)
    await follower.until(last)
    follower.check()


async def test_a_client_that_stops_acknowledging_is_let_go(follower, monkeypatch):
    monkeypatch.setattr(subscription, "STUCK_AFTER_S", 0.3)
    first = (await in_thread(publish, follower.topic, 1))[-1].seq
    await follower.until(first)
    follower.subscription.ack(first)
    await in_thread(publish, follower.topic, 900)
    async with asyncio.timeout(15):
        await follower.stuck.wait()
