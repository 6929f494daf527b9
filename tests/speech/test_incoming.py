"""Frames on their way through Redis: numbered, in order, bounded, from the newest connection only."""

import pytest

from backend.core.redis_pools import sync_redis
from backend.speech.services.recordings import incoming
from backend.speech.services.recordings.incoming import Mark, Offered

pytestmark = pytest.mark.usefixtures("live_loop")


async def test_frames_are_taken_in_order_and_each_once() -> None:
    assert await incoming.attach("r", "tab", stored=0) == 0
    assert await incoming.offer("r", "tab", 0, b"a") == (Offered.TAKEN, 1)
    assert await incoming.offer("r", "tab", 0, b"a") == (Offered.KNOWN, 1)
    assert await incoming.offer("r", "tab", 2, b"c") == (Offered.GAP, 1)
    assert await incoming.offer("r", "tab", 1, b"b") == (Offered.TAKEN, 2)
    assert [item.data for item in incoming.read("r", b"0", limit=10, wait_s=0.01)] == [b"a", b"b"]


async def test_a_newer_connection_replaces_the_older_one() -> None:
    await incoming.attach("r", "old", stored=0)
    await incoming.offer("r", "old", 0, b"a")
    assert await incoming.attach("r", "new", stored=0) == 1
    assert await incoming.offer("r", "old", 1, b"b") == (Offered.REPLACED, 0)
    assert not await incoming.hold("r", "old")
    assert not await incoming.mark("r", "old", Mark.STOP)
    assert await incoming.offer("r", "new", 1, b"b") == (Offered.TAKEN, 2)


async def test_what_is_on_disk_counts_where_redis_has_forgotten_it() -> None:
    await incoming.attach("r", "tab", stored=0)
    for number in range(3):
        await incoming.offer("r", "tab", number, b"x")
    sync_redis().flushall()
    assert await incoming.offer("r", "tab", 3, b"x") == (Offered.LOST, 0)
    assert await incoming.hold("r", "tab", or_nobody=True)
    assert await incoming.attach("r", "tab", stored=2) == 2


async def test_a_queue_that_is_full_takes_nothing_until_the_worker_has_made_room(monkeypatch) -> None:
    monkeypatch.setattr(incoming, "MAX_BYTES", 10)
    await incoming.attach("r", "tab", stored=0)
    await incoming.offer("r", "tab", 0, b"12345678")
    assert await incoming.offer("r", "tab", 1, b"12345678") == (Offered.FULL, 1)
    assert incoming.claim("r", 1)
    assert incoming.stored("r", incoming.read("r", b"0", limit=10, wait_s=0.01), 1)
    assert await incoming.offer("r", "tab", 1, b"12345678") == (Offered.TAKEN, 2)


async def test_an_attempt_that_was_overtaken_takes_nothing_out() -> None:
    await incoming.attach("r", "tab", stored=0)
    await incoming.offer("r", "tab", 0, b"a")
    assert incoming.claim("r", 1)
    assert incoming.claim("r", 2)
    items = incoming.read("r", b"0", limit=10, wait_s=0.01)
    assert not incoming.stored("r", items, 1)
    assert not incoming.claim("r", 1)
    assert [item.data for item in incoming.read("r", b"0", limit=10, wait_s=0.01)] == [b"a"]


async def test_marks_stand_where_they_were_made() -> None:
    await incoming.attach("r", "tab", stored=0)
    await incoming.offer("r", "tab", 0, b"a")
    await incoming.mark("r", "tab", Mark.PAUSE)
    await incoming.offer("r", "tab", 1, b"b")
    await incoming.mark("r", "tab", Mark.STOP, '{"second_pass": true}')
    items = incoming.read("r", b"0", limit=10, wait_s=0.01)
    assert [item.mark for item in items] == [None, Mark.PAUSE, None, Mark.STOP]
    assert items[-1].data == b'{"second_pass": true}'


async def test_somebody_who_leaves_is_known_to_be_gone() -> None:
    await incoming.attach("r", "tab", stored=0)
    there = incoming.backlog("r").held_until
    await incoming.hold("r", "tab", gone=True)
    assert incoming.backlog("r").held_until < there
