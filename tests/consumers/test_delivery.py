"""Delivery on a real Redis, with everything that can go wrong under it: nothing lost, repeated or reordered."""

import asyncio
import random
import threading

import pytest

from backend.core.redis_pools import sync_redis
from backend.jobs import services as jobs
from backend.live import announce, log
from backend.live.publish import draft, publish_now
from consumers import hub
from consumers.threads import in_thread
from tests.consumers.client import Socket
from tests.consumers.reader import Reader

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
async def topic(owner):
    return (await in_thread(jobs.submit, owner=owner, kind="sleep", title="nap")).topic


@pytest.fixture
async def reader(owner, topic):
    async with Socket() as socket:
        await socket.sign_in(owner)
        reader = Reader(socket, topic)
        await reader.start()
        yield reader


async def publish(topic, *numbers):
    for number in numbers:
        await in_thread(publish_now, topic, "progress", {"n": number})


def append_silently(topic, number):
    """An event whose announcement the layer loses."""
    log.append(draft(topic, "progress", {"n": number}))


async def test_events_arrive_in_order(reader, topic):
    await publish(topic, *range(50))
    await reader.until(49)
    assert reader.numbers == list(range(50))


async def test_a_lost_announcement_is_healed_by_the_next_one(reader, topic):
    await publish(topic, 1)
    await in_thread(append_silently, topic, 2)
    await publish(topic, 3)
    await reader.until(3)
    assert reader.numbers == [1, 2, 3]


async def test_a_lost_last_event_is_found_by_comparing_positions(reader, topic, monkeypatch):
    await publish(topic, 1)
    await in_thread(append_silently, topic, 2)
    await reader.until(2)
    assert reader.numbers == [1, 2]


async def test_killed_connections_of_the_layer_lose_nothing(reader, topic):
    for number in range(60):
        if number % 20 == 10:
            await in_thread(sync_redis().client_kill_filter, _type="pubsub")
        await publish(topic, number)
    await reader.until(59)
    assert reader.numbers == list(range(60))


async def test_a_restarted_redis_with_its_data_gives_a_snapshot_and_goes_on(reader, topic, redis_server):
    await publish(topic, 1)
    await reader.until(1)
    await in_thread(redis_server.kill)
    await in_thread(redis_server.start)
    await reader.until_snapshot()
    await publish(topic, 2)
    await reader.until(2)
    assert reader.numbers == [1, 2]


async def test_a_redis_that_lost_its_data_gives_a_snapshot_and_goes_on(reader, topic, redis_server):
    await publish(topic, 1)
    await reader.until(1)
    await in_thread(redis_server.kill)
    await in_thread(redis_server.start, with_data=False)
    await reader.until_snapshot()
    await publish(topic, 2)
    await reader.until(2)
    assert reader.snapshots[-1]["status"] == "queued"


async def test_two_publishers_at_once_are_delivered_in_one_order(reader, topic):
    def publish_many(first):
        for number in range(first, first + 100):
            publish_now(topic, "progress", {"n": number})

    threads = [threading.Thread(target=publish_many, args=(first,)) for first in (0, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await in_thread(thread.join)
    await reader.until(99)
    await reader.until(1099)
    assert sorted(reader.numbers) == [*range(100), *range(1000, 1100)]
    assert [n for n in reader.numbers if n < 1000] == list(range(100))


async def test_coming_back_replays_exactly_what_was_missed(owner, topic):
    async with Socket() as socket:
        await socket.sign_in(owner)
        first = Reader(socket, topic)
        await first.start()
        await publish(topic, 1, 2)
        await first.until(2)
    await publish(topic, 3, 4)
    async with Socket() as socket:
        await socket.sign_in(owner)
        second = Reader(socket, topic)
        await second.start(since=first.position)
        await publish(topic, 5)
        await second.until(5)
    assert (second.numbers, second.snapshots) == ([3, 4, 5], [])


async def test_coming_back_too_late_gives_a_snapshot(owner, topic):
    position = await log.read_position(topic)
    await in_thread(log.append_many, [draft(topic, "progress", {"n": n}) for n in range(log.MAX_ENTRIES + 5)])
    async with Socket() as socket:
        await socket.sign_in(owner)
        reader = Reader(socket, topic)
        await reader.start(since={"epoch": position.epoch, "seq": position.seq})
        assert reader.snapshots[0]["status"] == "queued"
        await publish(topic, 5000)
        await reader.until(5000)
        assert reader.numbers == [5000]


async def test_a_position_from_nowhere_gives_a_snapshot(owner, topic):
    async with Socket() as socket:
        await socket.sign_in(owner)
        reader = Reader(socket, topic)
        await reader.start(since={"epoch": "elsewhere", "seq": 10**12})
        assert len(reader.snapshots) == 1


@pytest.mark.parametrize("round_number", range(5))
async def test_subscribing_while_events_are_published_has_no_hole(owner, topic, round_number):
    stop = threading.Event()
    sent = []

    def publish_until_stopped():
        while not stop.is_set():
            publish_now(topic, "progress", {"n": len(sent)})
            sent.append(len(sent))

    thread = threading.Thread(target=publish_until_stopped)
    thread.start()
    try:
        async with Socket() as socket:
            await socket.sign_in(owner)
            for _ in range(5):
                reader = Reader(socket, topic)
                await reader.start()
                while len(reader.numbers) < 20:
                    reader.take(await socket.until("event"))
                assert reader.numbers == list(range(reader.numbers[0], reader.numbers[0] + len(reader.numbers)))
    finally:
        stop.set()
        await in_thread(thread.join)


async def test_a_reader_that_is_cut_at_random_misses_nothing(owner, topic):
    chance = random.Random(4)
    numbers, position = [], None
    publisher = asyncio.create_task(_publish_slowly(topic, 150))
    while 149 not in numbers:
        async with Socket() as socket:
            await socket.sign_in(owner)
            reader = Reader(socket, topic)
            await reader.start(since=position)
            for _ in range(chance.randint(1, 40)):
                reader.take(await socket.until("event"))
                if reader.numbers[-1] == 149:
                    break
        numbers += reader.numbers
        position = reader.position
    await publisher
    assert numbers == list(range(numbers[0], 150))


async def _publish_slowly(topic, count):
    for number in range(count):
        await publish(topic, number)
        await asyncio.sleep(0.002)


async def test_what_an_overtaken_attempt_publishes_is_never_delivered(reader, topic):
    await in_thread(publish_now, topic, "progress", {"n": 1}, fence=log.Fence(5))
    await in_thread(publish_now, topic, "progress", {"n": 666}, fence=log.Fence(4))
    await in_thread(publish_now, topic, "progress", {"n": 2}, fence=log.Fence(5))
    await reader.until(2)
    assert reader.numbers == [1, 2]


async def test_a_full_announcer_drops_and_the_positions_heal(reader, topic, monkeypatch):
    monkeypatch.setattr(announce, "announce", lambda entries: None)
    monkeypatch.setattr("backend.live.publish.announce", lambda entries: None)
    await publish(topic, 1, 2, 3)
    await reader.until(3)
    assert reader.numbers == [1, 2, 3]


async def test_the_hub_joins_a_topic_once_and_leaves_with_the_last(owner, topic):
    async with Socket() as first, Socket() as second:
        for socket in (first, second):
            await socket.sign_in(owner)
            await socket.subscribe(topic)
        feeds = hub.get_hub()._feeds
        assert len(feeds[topic].subscribers) == 2
        await first.send({"id": 1, "type": "unsubscribe", "topic": topic})
        await first.until("unsubscribed")
        assert len(feeds[topic].subscribers) == 1
        await second.send({"id": 1, "type": "unsubscribe", "topic": topic})
        await second.until("unsubscribed")
        assert topic not in feeds
