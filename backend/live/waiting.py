"""Waiting for what happens on a topic, for those who have no socket: by a blocking read, without polling."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, TypeVar

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from backend.core.redis_pools import TIMEOUT_S
from backend.live import log
from backend.live.log import Entry, Position

# A topic that started afresh is noticed after this time at the latest, and so is a connection that died silently.
CHECK_S: Final = 5.0
PAUSE_S: Final = 1.0

T = TypeVar("T")

_reads: Final[set[asyncio.Future[Any]]] = set()
_state: Final = {"ended": False}


class _Ended(Exception):
    """All waiting in this process was ended."""


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
    named = frozenset(events)
    async with aclosing(_each(topic, lambda reader, left: reader.wait(named, left), seconds, silence)) as waiting:
        async for happened in waiting:
            yield happened


async def entries(topic: str, *, seconds: float, silence: float) -> AsyncGenerator[list[Entry] | None, None]:
    """Yield what happens on the topic, in order, as soon as it happens, for `seconds` at most.

    None comes first, and wherever the log does not go on from where it was read: look at the state then; what
    follows has happened after a moment before that look. An empty list says that nothing was heard of for `silence`
    seconds. Otherwise as `changes`.
    """
    async with aclosing(_each(topic, lambda reader, left: reader.read(left), seconds, silence)) as reading:
        async for found in reading:
            yield found


async def _each(
    topic: str, ask: "Callable[[_Reader, float], Coroutine[Any, Any, T]]", seconds: float, silence: float
) -> AsyncGenerator[T, None]:
    """What a reader of the topic answers, again and again until the time has passed."""
    deadline = time.monotonic() + seconds
    reader = _Reader(topic)
    try:
        while not _state["ended"] and (left := deadline - time.monotonic()) > 0:
            yield await _unless_ended(ask(reader, min(left, silence)))
    except _Ended:
        return
    finally:
        await reader.close()


async def _unless_ended(waiting: Coroutine[Any, Any, T]) -> T:
    """What the waiting comes to; raises `_Ended` where `end_all` has ended it."""
    read = asyncio.ensure_future(waiting)
    _reads.add(read)
    read.add_done_callback(_reads.discard)
    # Passes a cancellation on to the read; one of the read alone is only its outcome.
    await asyncio.gather(read, return_exceptions=True)
    if read.cancelled():
        raise _Ended
    return read.result()


class _Reader:
    """Reads one topic on a connection of its own: a blocking read keeps it, and those of the pool are few."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._position: Position | None = None
        self._client = Redis.from_url(
            settings.REDIS_URL, socket_timeout=CHECK_S + TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    async def wait(self, events: frozenset[str], seconds: float) -> bool:
        """Whether one of the events has happened within `seconds`, or may have."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            found = await self.read(left)
            if found is None or any(entry.event in events for entry in found):
                return True
        return False

    async def read(self, seconds: float) -> list[Entry] | None:
        """What has happened, as soon as anything has, or nothing after `seconds`; None: anything may have."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                found = await self._next(min(left, CHECK_S))
            except (RedisError, OSError):
                # It may come back without what happened last.
                self._position = None
                await asyncio.sleep(min(left, PAUSE_S))
                continue
            if found is None or found:
                return found
        return []

    async def close(self) -> None:
        await self._client.aclose()

    async def _next(self, seconds: float) -> list[Entry] | None:
        if self._position is None:
            self._position = await log.read_position(self._topic)
            return None
        found = await log.read_after(self._topic, self._position)
        if found is None:
            self._position = None
        elif not found:
            await log.block_after(self._client, self._topic, self._position, seconds)
        else:
            self._position = replace(self._position, seq=found[-1].seq)
        return found or []
