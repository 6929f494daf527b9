"""Turns at the database for the many who wait: whoever streams holds no connection, and all together only a few."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from backend.core.database import released
from backend.core.errors import AppError

# PostgreSQL has about a hundred connections for all processes; SQLite lets one write, and the others try again.
AT_ONCE: Final = 8
PATIENCE_S: Final = 60.0

P = ParamSpec("P")
T = TypeVar("T")

_per_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@asynccontextmanager
async def turn() -> AsyncIterator[None]:
    """One of the few places at the database, in the order of asking. Raises `AppError("server_full")`."""
    places = _per_loop.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await places.acquire()
    except TimeoutError:
        raise AppError("server_full", retry_after_s=5) from None
    try:
        yield
    finally:
        places.release()


async def in_turn(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a function that uses the database when it is its turn."""
    async with turn():
        return await sync_to_async(released(function))(*arguments, **named)
