"""Waiting for events without a socket, on a real Redis."""

import asyncio
from contextlib import aclosing

import pytest

from backend.core.redis_pools import async_redis, sync_redis
from backend.live import log
from backend.live.log import Draft
from backend.live.waiting import _state, changes, end_all, entries

TOPIC = "job:1"


def happen(event="status", **options):
    return log.append(Draft(TOPIC, event, "{}", "2026-01-01T00:00:00.000+00:00", **options))


def wait(*, seconds=60.0, silence=60.0):
    return aclosing(changes(TOPIC, ("status", "deleted"), seconds=seconds, silence=silence))


async def until_reading(number=1):
    """Return when so many connections block."""
    while (await async_redis().info("clients"))["blocked_clients"] != number:  # noqa: ASYNC110 (Redis tells nobody)
        await asyncio.sleep(0.01)


async def test_the_first_look_is_at_once():
    async with wait() as waiting:
        assert await anext(waiting) is True


async def test_an_event_ends_the_waiting():
    async with wait() as waiting:
        await anext(waiting)
        following = asyncio.ensure_future(anext(waiting))
        await until_reading()
        happen()
        assert await following is True


async def test_what_happened_while_nobody_waited_is_noticed():
    async with wait() as waiting:
        await anext(waiting)
        happen()
        assert await anext(waiting) is True


async def test_what_happens_comes_in_order_after_a_first_look():
    async with aclosing(entries(TOPIC, seconds=60.0, silence=0.2)) as reading:
        happen()
        assert await anext(reading) is None
        happen("progress")
        happen()
        assert [entry.event for entry in await anext(reading)] == ["progress", "status"]
        assert await anext(reading) == []


async def test_a_log_that_does_not_go_on_calls_for_another_look():
    async with aclosing(entries(TOPIC, seconds=60.0, silence=60.0)) as reading:
        happen()
        await anext(reading)
        happen(restart=True)
        assert await anext(reading) is None


async def test_many_events_at_once_are_one_reason_to_look():
    async with wait(silence=0.2) as waiting:
        await anext(waiting)
        for _ in range(20):
            happen()
        assert [await anext(waiting), await anext(waiting)] == [True, False]


async def test_other_events_do_not_wake():
    async with wait(silence=0.2) as waiting:
        await anext(waiting)
        happen("progress")
        assert await anext(waiting) is False


async def test_the_waiting_ends_when_its_time_has_passed():
    async with wait(seconds=0.3, silence=0.2) as waiting:
        assert [happened async for happened in waiting] == [True, False, False]


@pytest.mark.parametrize("start_afresh", [lambda: sync_redis().flushall(), lambda: happen(restart=True)])
async def test_a_topic_that_started_afresh_is_noticed(start_afresh, monkeypatch):
    monkeypatch.setattr("backend.live.waiting.CHECK_S", 0.2)
    happen()
    async with wait() as waiting:
        await anext(waiting)
        following = asyncio.ensure_future(anext(waiting))
        await until_reading()
        start_afresh()
        assert await following is True


async def test_an_outage_of_redis_is_waited_out(redis_server):
    async with wait() as waiting:
        await anext(waiting)
        following = asyncio.ensure_future(anext(waiting))
        await until_reading()
        redis_server.kill()
        redis_server.start()
        assert await following is True


async def test_whoever_leaves_gives_the_connection_back():
    async def read():
        async with wait() as waiting:
            async for _ in waiting:
                pass

    reading = asyncio.ensure_future(read())
    await until_reading()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await until_reading(0)


async def test_more_may_wait_than_the_pool_has_connections():
    async def once():
        async with wait() as waiting:
            await anext(waiting)
            return await anext(waiting)

    waiters = [asyncio.ensure_future(once()) for _ in range(80)]
    await until_reading(80)
    happen()
    assert await asyncio.gather(*waiters) == [True] * 80


@pytest.fixture
def stop(monkeypatch):
    monkeypatch.setitem(_state, "ended", False)
    return end_all


async def test_a_server_that_stops_ends_all_waiting_as_if_its_time_had_passed(stop):
    async def read():
        async with wait() as waiting:
            return [happened async for happened in waiting]

    readers = [asyncio.ensure_future(read()) for _ in range(3)]
    await until_reading(3)
    stop()
    assert await asyncio.gather(*readers) == [[True]] * 3


async def test_nobody_begins_to_wait_for_a_server_that_stops(stop):
    stop()
    async with wait() as waiting:
        assert [happened async for happened in waiting] == []
