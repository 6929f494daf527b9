"""Announcing: appended events travel over the Channels layer from one loop thread per publishing process.

The layer may lose messages; nothing depends on it but speed. What waits for it is bounded: a frame that cannot be
announced in time is dropped here and found by the hubs, which compare positions.
"""

import asyncio
import os
import threading
from collections import defaultdict, deque
from functools import cache
from typing import Any, Final

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from backend.live.log import Entry

MAX_WAITING: Final = 10_000
FRAMES_PER_MESSAGE: Final = 64
PAUSE_S: Final = 0.002

log = structlog.get_logger(__name__)


def the_layer() -> Any:
    """The Channels layer that the settings name."""
    layer = get_channel_layer()
    assert layer is not None
    return layer


def group_of(topic: str) -> str:
    """The layer's group of a topic (group names admit no colon)."""
    return "live." + topic.replace(":", ".")


def announce(entries: list[Entry]) -> None:
    """Hand entries to the announcing thread and return at once. Callable from any thread but an event loop's."""
    _announcer_of(os.getpid()).add(entries)


class _Announcer:
    """The thread, its loop and what waits to be sent. All that waits for one topic goes out in one message."""

    def __init__(self) -> None:
        self._waiting: deque[Entry] = deque(maxlen=MAX_WAITING)
        self._wake = asyncio.Event()
        self._scheduled = False
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="announcer", daemon=True).start()

    def add(self, entries: list[Entry]) -> None:
        self._waiting.extend(entries)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._wake.set)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._send_forever())

    async def _send_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            # Cleared before the queue is read: whatever comes later wakes the loop again.
            self._scheduled = False
            while self._waiting:
                await self._send_batch()
                # In a rush, what comes meanwhile travels together; this thread would otherwise take half of the
                # interpreter's time from the one that publishes.
                await asyncio.sleep(PAUSE_S)

    async def _send_batch(self) -> None:
        layer = the_layer()
        batches: defaultdict[str, list[Entry]] = defaultdict(list)
        for _ in range(min(len(self._waiting), FRAMES_PER_MESSAGE)):
            entry = self._waiting.popleft()
            batches[entry.topic].append(entry)
        for topic, entries in batches.items():
            try:
                async with asyncio.timeout(5):
                    await layer.group_send(group_of(topic), message_of(topic, entries))
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("announce_failed", topic=topic, frames=len(entries), error=type(error).__name__)


def message_of(topic: str, entries: list[Entry]) -> dict[str, Any]:
    """What travels over the layer: the frames of one topic, encoded already."""
    return {
        "type": "live.entries",
        "topic": topic,
        "epoch": entries[0].epoch,
        "entries": [[entry.seq, entry.text, entry.event, entry.replaces] for entry in entries],
    }


def entries_of(message: dict[str, Any]) -> list[Entry]:
    topic, epoch = message["topic"], message["epoch"]
    return [Entry(topic, epoch, seq, text, event, replaces) for seq, text, event, replaces in message["entries"]]


@cache
def _announcer_of(_pid: int) -> _Announcer:
    # Keyed by process: threads do not survive a fork.
    return _Announcer()
