"""Connections to Redis, one pool per process (sync) and one per event loop (async)."""

import asyncio
import os
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings

# A publisher must not hang with Redis: the outbox keeps what could not be sent.
TIMEOUT_S: Final = 5.0
POOL_SIZE: Final = 50

_per_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def sync_redis() -> redis.Redis:
    return _of_process(os.getpid())


@cache
def _of_process(_pid: int) -> redis.Redis:
    # Keyed by process: a pool that crosses a fork would share its sockets with the parent.
    # Whoever finds all connections in use waits for one; the plain pool would refuse at once.
    pool = redis.BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        max_connections=POOL_SIZE,
    )
    return redis.Redis.from_pool(pool)


def async_redis() -> redis.asyncio.Redis:
    loop = asyncio.get_running_loop()
    client = _per_loop.get(loop)
    if client is None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.REDIS_URL,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            max_connections=POOL_SIZE,
        )
        client = redis.asyncio.Redis.from_pool(pool)
        _per_loop[loop] = client
    return client


async def close_async_redis() -> None:
    client = _per_loop.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()
