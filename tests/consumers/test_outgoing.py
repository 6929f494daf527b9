"""A socket's queue and writer, with readers of every speed."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.outgoing import Outbound, Outgoing
from consumers.protocol import QUEUE_BYTES, QUEUE_FRAMES


class Reader:
    """The server's `send`: passes frames on while open, suspends while closed."""

    def __init__(self) -> None:
        self.frames: list[dict] = []
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False
        self._news = asyncio.Event()

    async def send(self, message):
        await self.open.wait()
        if self.broken:
            raise ConnectionResetError
        self.frames.append(json.loads(message["text"]))
        self._news.set()

    async def arrived(self):
        """Return when another frame has come."""
        self._news.clear()
        await self._news.wait()


def event(seq, name="", topic="job:1", padding=""):
    text = json.dumps({"topic": topic, "seq": seq, "padding": padding}, separators=(",", ":"))
    return Outbound(text, topic, seq, name)


@pytest.fixture
async def reader():
    return Reader()


@pytest.fixture
async def outgoing(reader):
    outgoing = Outgoing(reader.send, lambda: setattr(reader, "told_broken", True))
    yield outgoing
    await outgoing.close()


async def test_a_fast_reader_gets_frames_at_once_without_a_task(reader, outgoing):
    tasks = len(asyncio.all_tasks())
    for seq in range(3):
        assert outgoing.push(event(seq))
    assert [frame["seq"] for frame in reader.frames] == [0, 1, 2]
    assert len(asyncio.all_tasks()) == tasks


async def test_what_waits_for_a_slow_reader_comes_in_order(reader, outgoing):
    reader.open.clear()
    for seq in range(20):
        assert outgoing.push(event(seq))
    reader.open.set()
    await outgoing.idle(1)
    assert [frame["seq"] for frame in reader.frames] == list(range(20))


async def test_a_full_queue_refuses(reader, outgoing):
    reader.open.clear()
    taken = [outgoing.push(event(seq)) for seq in range(QUEUE_FRAMES + 10)]
    assert taken.count(True) == QUEUE_FRAMES + 1
    assert taken[-1] is False


async def test_the_queue_is_bounded_in_bytes_too(reader, outgoing):
    reader.open.clear()
    big = "x" * (QUEUE_BYTES // 4)
    taken = [outgoing.push(event(seq, padding=big)) for seq in range(8)]
    assert taken.count(True) == 4


async def test_a_newer_state_overwrites_the_older_one_that_waits(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    for seq in range(2, 50):
        assert outgoing.push(event(seq, name="progress"))
    reader.open.set()
    await outgoing.idle(1)
    assert [(frame["seq"], frame.get("skipped", 0)) for frame in reader.frames] == [(1, 0), (49, 47)]


async def test_states_of_different_names_do_not_overwrite_each_other(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    outgoing.push(event(2, name="a"))
    outgoing.push(event(3, name="b"))
    reader.open.set()
    await outgoing.idle(1)
    assert [frame["seq"] for frame in reader.frames] == [1, 2, 3]


async def test_answers_keep_their_place_between_events(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    outgoing.push_control('{"seq":"reply"}')
    outgoing.push(event(2))
    reader.open.set()
    await outgoing.idle(1)
    assert [frame["seq"] for frame in reader.frames] == [1, "reply", 2]


async def test_a_client_that_leaves_all_answers_unread_is_noticed(reader, outgoing):
    reader.open.clear()
    taken = [outgoing.push_control('{"seq":0}') for _ in range(2 * QUEUE_FRAMES + 2)]
    assert taken[-1] is False


async def test_a_broken_connection_is_told_once_and_drops_what_waits(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    outgoing.push(event(2))
    reader.broken = True
    reader.open.set()
    await outgoing.idle(1)
    assert reader.told_broken
    assert outgoing.push(event(3))
    assert reader.frames == []


async def test_waiting_for_a_reader_that_never_reads_has_an_end(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    with pytest.raises(TimeoutError):
        await outgoing.idle(0.05)


async def test_closing_ends_a_writer_that_hangs(reader, outgoing):
    reader.open.clear()
    outgoing.push(event(1))
    await asyncio.wait_for(outgoing.close(), 10)


steps = st.lists(st.sampled_from(["open", "shut", "breathe", "plain:a", "plain:b", "state:a", "state:b"]), max_size=120)


@settings(max_examples=150, deadline=None)
@given(steps)
async def test_every_number_is_sent_or_counted_as_skipped(steps):
    reader = Reader()
    outgoing = Outgoing(reader.send, lambda: None)
    pushed = {"a": 0, "b": 0}
    for step in steps:
        if step == "open":
            reader.open.set()
        elif step == "shut":
            reader.open.clear()
        elif step == "breathe":
            await asyncio.sleep(0)
        else:
            kind, topic = step.split(":")
            if outgoing.push(event(pushed[topic] + 1, name="s" if kind == "state" else "", topic=topic)):
                pushed[topic] += 1
    reader.open.set()
    await outgoing.idle(1)
    for topic, last in pushed.items():
        seq = 0
        for frame in (frame for frame in reader.frames if frame["topic"] == topic):
            assert frame["seq"] == seq + 1 + frame.get("skipped", 0)
            seq = frame["seq"]
        assert seq == last
    await outgoing.close()
