"""Whose cell is next."""

import threading
import time
from collections import Counter

import pytest

from backend.prompts.services import pool as pools
from backend.prompts.services.pool import FairPool


@pytest.fixture
def pool():
    made = FairPool(2)
    yield made
    made.close()


def _all_of(lane) -> list:
    found = []
    deadline = time.monotonic() + 20
    while not lane.is_done:
        assert time.monotonic() < deadline
        found += lane.collect(0.1)
    return found


def test_every_item_is_done_once(pool):
    with pool.lane(1, range(200), lambda item: item) as lane:
        assert sorted(_all_of(lane)) == list(range(200))


def test_no_more_than_its_size_are_at_work(pool):
    at_work, most, lock = 0, 0, threading.Lock()

    def work(item):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.002)
        with lock:
            at_work -= 1

    with pool.lane(1, range(30), work) as one, pool.lane(2, range(30), work) as other:
        _all_of(one)
        _all_of(other)
    assert most == 2


def test_users_take_turns_however_many_jobs_and_cells_one_has(pool):
    order, gate = [], threading.Event()

    def work(user):
        gate.wait(10)
        order.append(user)

    with (
        pool.lane(1, [1] * 100, work) as first,
        pool.lane(1, [1] * 100, work) as second,
        pool.lane(2, [2] * 20, work) as other,
    ):
        gate.set()
        for lane in (other, first, second):
            _all_of(lane)
    until_the_last = order[: len(order) - order[::-1].index(2)]
    # Two of the first had begun before anybody else came.
    assert Counter(until_the_last)[1] <= 20 + 4


def test_an_item_can_be_done_again_after_a_while(pool):
    seen = []

    def work(item):
        seen.append(item)
        return item

    with pool.lane(1, ["a"], work) as lane:
        _all_of(lane)
        lane.again("a", 0.05)
        assert not lane.is_done
        assert _all_of(lane) == ["a"]
    assert seen == ["a", "a"]


def test_nothing_begins_during_a_pause(pool):
    pool.pause(0.3)
    began = time.monotonic()
    with pool.lane(1, [1], lambda _: time.monotonic()) as lane:
        (at,) = _all_of(lane)
    assert at - began >= 0.25


def test_what_the_work_raises_is_raised_where_it_is_collected(pool):
    def work(_):
        raise ValueError("broken")

    with pool.lane(1, [1], work) as lane, pytest.raises(ValueError, match="broken"):
        _all_of(lane)


def test_what_has_come_is_collected_before_what_was_raised_is_raised(pool):
    ended = threading.Semaphore(0)

    def work(item):
        ended.release()
        if item == 1:
            raise ValueError("broken")
        return item

    with pool.lane(1, range(5), work) as lane:
        for _ in range(5):
            assert ended.acquire(timeout=10)
        pool.close()
        assert sorted(lane.collect(1)) == [0, 2, 3, 4]
        assert not lane.is_done
        with pytest.raises(ValueError, match="broken"):
            lane.collect(1)


def test_threads_that_come_first_at_once_share_one_pool(monkeypatch):
    made = []

    def make(size):
        time.sleep(0.05)
        made.append(size)
        return FairPool(size)

    monkeypatch.setattr(pools, "FairPool", make)
    threads = [threading.Thread(target=pools.cells_at_work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_lane_that_is_left_begins_nothing_more(pool):
    begun = []

    def work(item):
        begun.append(item)
        time.sleep(0.01)

    with pool.lane(1, range(1000), work) as lane:
        lane.collect(1)
    pool.close()
    assert len(begun) < 100


def test_the_jobs_of_users_who_have_as_many_at_work_take_turns():
    gate, pool = threading.Event(), FairPool(1)
    order = []

    def work(name):
        gate.wait(10)
        order.append(name)

    with pool.lane(1, "aaa", work) as a, pool.lane(1, "bbb", work) as b, pool.lane(2, "ccc", work) as c:
        gate.set()
        for lane in (a, b, c):
            _all_of(lane)
    pool.close()
    assert "".join(order) == "abcabcabc"
