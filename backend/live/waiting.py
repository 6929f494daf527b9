"""Waiting for what happens on a topic, for those who have no socket: by a blocking read, without polling."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Coroutine
from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core.redis_pools import TIMEOUT_S
from backend.live import log
from backend.live.log import Position

# A topic that started afresh is noticed after this time at the latest, and so is a connection that died silently.
CHECK_S: Final = 5.0
PAUSE_S: Final = 1.0

_reads: Final[set[asyncio.Future[bool]]] = set()
_state: Final = {"ended": False}


def end_all() -> None:
    """End all waiting in this process, also that which is yet to begin, as if its time had passed.

    To be called on the event loop when the server is about to stop.
    """
    _state["ended"] = True
    for read in tuple(_reads):
        read.cancel()


async def changes(topic: str, events: Collection[str], *, seconds: float, silence: float) -> AsyncGenerator[bool, None]:
    """Yield at once, and then whenever one of the named `events` has happened on the topic, for `seconds` at most.

    Each time is one to look at the state that the topic tells about: whoever looks misses nothing. False says that
    none of the events was heard of for `silence` seconds. An outage of Redis is waited out. Close the generator
    (`contextlib.aclosing`) to give its connection back.
    """
    deadline = time.monotonic() + seconds
    reader = _Reader(topic, frozenset(events))
    try:
        while not _state["ended"] and (left := deadline - time.monotonic()) > 0:
            happened = await _unless_ended(reader.wait(min(left, silence)))
            if happened is None:
                return
            yield happened
    finally:
        await reader.close()


async def _unless_ended(waiting: Coroutine[Any, Any, bool]) -> bool | None:
    """What the waiting comes to; None where `end_all` has ended it."""
    read = asyncio.ensure_future(waiting)
    _reads.add(read)
    read.add_done_callback(_reads.discard)
    # Passes a cancellation on to the read; one of the read alone is only its outcome.
    await asyncio.gather(read, return_exceptions=True)
    return None if read.cancelled() else read.result()


class _Reader:
    """Reads one topic on a connection of its own: a blocking read keeps it, and those of the pool are few."""

    def __init__(self, topic: str, events: frozenset[str]) -> None:
        self._topic = topic
        self._events = events
        self._position: Position | None = None
        self._client = Redis.from_url(
            settings.REDIS_URL, socket_timeout=CHECK_S + TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    async def wait(self, seconds: float) -> bool:
        """Whether one of the events has happened within `seconds`, or may have."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                if await self._has_happened(min(left, CHECK_S)):
                    return True
            except (RedisError, OSError):
                # It may come back without what happened last.
                self._position = None
                await asyncio.sleep(min(left, PAUSE_S))
        return False

    async def close(self) -> None:
        await self._client.aclose()

    async def _has_happened(self, seconds: float) -> bool:
        if self._position is None:
            self._position = await log.read_position(self._topic)
            return True
        entries = await log.read_after(self._topic, self._position)
        if entries is None:
            self._position = None
        elif not entries:
            await log.block_after(self._client, self._topic, self._position, seconds)
        else:
            self._position = replace(self._position, seq=entries[-1].seq)
        return any(entry.event in self._events for entry in entries or ())
