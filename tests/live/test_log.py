"""The event log, on a real Redis."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.redis_pools import sync_redis
from backend.live import log
from backend.live.log import Draft, Fence, Position

AT = "2026-01-01T00:00:00.000+00:00"


def draft(topic="job:1", event="progress", data='{"done":1}', **options):
    return Draft(topic, event, data, AT, **options)


def test_positions_count_from_one_without_holes():
    assert [log.append(draft()).seq for _ in range(5)] == [1, 2, 3, 4, 5]


def test_topics_count_apart():
    log.append(draft("job:1"))
    assert log.append(draft("job:2")).seq == 1


def test_two_publishers_at_once_share_one_count():
    seen = []

    def publish():
        seen.extend(log.append(draft()).seq for _ in range(200))

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 801))


def test_an_older_attempt_is_refused():
    log.append(draft(fence=Fence(2)))
    assert log.append(draft(fence=Fence(1))) is None
    assert log.append(draft()).seq == 2


def test_the_same_attempt_may_go_on():
    log.append(draft(fence=Fence(2)))
    assert log.append(draft(fence=Fence(2))).seq == 2


def test_fences_of_different_scopes_do_not_meet():
    log.append(draft("user:1", fence=Fence(9, "job-a")))
    assert log.append(draft("user:1", fence=Fence(1, "job-b"))).seq == 2


def test_a_raised_fence_refuses_without_an_event():
    log.raise_fence("job:1", Fence(3))
    assert log.append(draft(fence=Fence(2))) is None


def test_raising_a_fence_never_lowers_it():
    log.raise_fence("job:1", Fence(3))
    log.raise_fence("job:1", Fence(1))
    assert log.append(draft(fence=Fence(2))) is None


def test_the_same_once_key_appends_one_time():
    first = log.append(draft(once="row-1"))
    assert first is not None
    assert log.append(draft(once="row-1")) is None
    assert log.append(draft()).seq == 2


def test_many_are_appended_in_order_each_on_its_own():
    entries = log.append_many([draft(fence=Fence(2)), draft(fence=Fence(1)), draft(fence=Fence(2))])
    assert [entry and entry.seq for entry in entries] == [1, None, 2]


def test_a_lost_key_begins_a_new_epoch():
    before = log.append(draft())
    sync_redis().flushall()
    after = log.append(draft())
    assert after.seq == 1
    assert after.epoch != before.epoch


def test_a_restarted_redis_begins_a_new_epoch_even_with_its_data(redis_server):
    before = log.append(draft())
    redis_server.kill()
    redis_server.start()
    after = log.append(draft())
    assert after.epoch != before.epoch


async def test_reading_a_position_after_a_restart_gives_the_new_epoch(redis_server):
    before = log.append(draft())
    redis_server.kill()
    redis_server.start()
    position = await log.read_position("job:1")
    assert (position.epoch != before.epoch, position.seq) == (True, 0)


async def test_replay_gives_what_follows_a_position():
    entries = [log.append(draft(data=f'{{"done":{number}}}')) for number in range(5)]
    replayed = await log.read_after("job:1", Position(entries[0].epoch, 2))
    assert replayed == entries[2:]


async def test_replay_at_the_end_is_empty():
    entry = log.append(draft())
    assert await log.read_after("job:1", Position(entry.epoch, 1)) == []


async def test_replay_from_another_epoch_is_refused():
    log.append(draft())
    assert await log.read_after("job:1", Position("another", 0)) is None


async def test_replay_from_the_future_is_refused():
    entry = log.append(draft())
    assert await log.read_after("job:1", Position(entry.epoch, 7)) is None


async def test_replay_over_the_window_is_refused():
    entry = log.append(draft())
    log.append_many([draft() for _ in range(log.MAX_ENTRIES + 10)])
    assert await log.read_after("job:1", Position(entry.epoch, 1)) is None


async def test_replay_within_the_window_is_served_in_pages():
    entries = [entry for entry in log.append_many([draft() for _ in range(log.PAGE + 50)]) if entry]
    first = await log.read_after("job:1", Position(entries[0].epoch, 0))
    rest = await log.read_after("job:1", Position(entries[0].epoch, first[-1].seq))
    assert first + rest == entries


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 4)), max_size=25))
def test_positions_never_have_holes_whatever_is_refused(steps):
    sync_redis().flushall()
    seqs = [
        entry.seq
        for once, number in steps
        if (entry := log.append(draft(once=once + str(number), fence=Fence(number))))
    ]
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize("topic", ["job:1", "user:42"])
def test_the_keys_of_a_topic_share_a_hash_tag(topic):
    log.append(draft(topic, fence=Fence(1), once="x"))
    assert {key.decode().split("}")[0] for key in sync_redis().keys("live:*")} == {f"live:{{{topic}"}
