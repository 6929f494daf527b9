"""What a client sends on its way to the worker: one bounded Redis Stream per recording. The only code that knows its
keys.

Frames are numbered by the client and accepted in order, each once, from the newest connection only; between them
stand marks such as "stop". The worker takes them out when they are on its disk, so that what is acknowledged
survives a lost Redis too.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from redis import Redis

from backend.core.redis_pools import async_redis, sync_redis

MAX_FRAMES: Final = 4000
MAX_BYTES: Final = 8 * 1024 * 1024
KEEP_S: Final = 24 * 3600
# A connection that says nothing for so long is gone.
HOLD_S: Final = 15.0

_OFFER: Final = """
local held = redis.call('HMGET', KEYS[1], 'holder', 'next', 'bytes')
if not held[1] then return {'lost', 0} end
if held[1] ~= ARGV[1] then return {'replaced', 0} end
local number, expected = tonumber(ARGV[2]), tonumber(held[2] or 0)
if number < expected then return {'known', expected} end
if number > expected then return {'gap', expected} end
local waiting = tonumber(held[3] or 0)
if redis.call('XLEN', KEYS[2]) >= tonumber(ARGV[4]) or waiting + #ARGV[3] > tonumber(ARGV[5]) then
  return {'full', expected}
end
redis.call('XADD', KEYS[2], '*', 'n', ARGV[2], 'd', ARGV[3])
redis.call('HSET', KEYS[1], 'next', expected + 1, 'bytes', waiting + #ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return {'taken', expected + 1}
"""
_MARK: Final = """
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[2], '*', 'm', ARGV[2], 'd', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
"""
_ATTACH: Final = """
local expected = math.max(tonumber(redis.call('HGET', KEYS[1], 'next') or 0), tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', ARGV[3], 'next', expected)
redis.call('EXPIRE', KEYS[1], ARGV[4])
return expected
"""
_HOLD: Final = """
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder ~= ARGV[1] and (holder or ARGV[3] == '0') then return 0 end
if holder then redis.call('HSET', KEYS[1], 'until', ARGV[2]) end
return 1
"""
_CLAIM: Final = """
local newest = tonumber(redis.call('HGET', KEYS[1], 'fence') or 0)
if newest > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
_STORED: Final = """
if tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) ~= tonumber(ARGV[1]) then return 0 end
for index = 3, #ARGV do redis.call('XDEL', KEYS[2], ARGV[index]) end
local left = redis.call('HINCRBY', KEYS[1], 'bytes', 0 - tonumber(ARGV[2]))
if left < 0 then redis.call('HSET', KEYS[1], 'bytes', 0) end
return 1
"""


class Offered(StrEnum):
    """What became of a frame: `taken`; `known` already; a `gap` before it; no room (`full`); another connection has
    `replaced` this one; Redis has `lost` what it knew, and the connection must attach again.
    """

    TAKEN = "taken"
    KNOWN = "known"
    GAP = "gap"
    FULL = "full"
    REPLACED = "replaced"
    LOST = "lost"


class Mark(StrEnum):
    FINALIZE = "finalize"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Item:
    """A frame (`number` and `data`) or a mark (with its JSON in `data`), under its id in the stream."""

    ident: bytes
    number: int
    data: bytes
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in Redis, in bytes, and when the newest connection was last known to be there (0.0: never)."""

    bytes: int
    held_until: float


# --- for the socket


async def attach(recording: str, holder: str, *, stored: int) -> int:
    """Make a connection the one that may send; the number of the frame it has to send next.

    `stored` is the number after the last frame on disk: Redis may have come back without what it knew.
    """
    script = async_redis().register_script(_ATTACH)
    return int(await script(keys=_keys(recording)[:1], args=[holder, stored, time.time() + HOLD_S, KEEP_S]))


async def hold(recording: str, holder: str, *, gone: bool = False, or_nobody: bool = False) -> bool:
    """Say that the connection is still there, or that it is gone; False when another has replaced it.

    With `or_nobody` also True when Redis has forgotten who it was.
    """
    until = time.time() + (0.0 if gone else HOLD_S)
    script = async_redis().register_script(_HOLD)
    return bool(await script(keys=_keys(recording)[:1], args=[holder, until, int(or_nobody)]))


async def offer(recording: str, holder: str, number: int, data: bytes) -> tuple[Offered, int]:
    """Hand in a frame: what became of it, and the number that is expected next."""
    script = async_redis().register_script(_OFFER)
    arguments: list[str | int | bytes] = [holder, number, data, MAX_FRAMES, MAX_BYTES, KEEP_S]
    outcome, expected = await script(keys=_keys(recording), args=arguments)
    return Offered(outcome.decode()), int(expected)


async def mark(recording: str, holder: str, kind: Mark, details: str = "{}") -> bool:
    """Put a mark behind the frames so far; False when another connection has replaced this one."""
    script = async_redis().register_script(_MARK)
    return bool(await script(keys=_keys(recording), args=[holder, kind.value, details, KEEP_S]))


# --- for the worker


def claim(recording: str, fence: int) -> bool:
    """Make this attempt the one that takes frames out; False when a later one has begun."""
    return bool(sync_redis().register_script(_CLAIM)(keys=_keys(recording)[:1], args=[fence, KEEP_S]))


def read(recording: str, after: bytes, *, limit: int, wait_s: float) -> list[Item]:
    """Up to `limit` items behind the id `after` (b"0": from the beginning), waiting so long for the first."""
    stream = _keys(recording)[1]
    answer: Any = sync_redis().xread({stream: after}, count=limit, block=max(1, int(wait_s * 1000)))
    return [_item(ident, fields) for _, rows in answer or [] for ident, fields in rows]


def stored(recording: str, items: Iterable[Item], fence: int) -> bool:
    """Take items out that are on disk or done with; False when this attempt has been overtaken."""
    done = list(items)
    size = sum(len(item.data) for item in done if item.mark is None)
    script = sync_redis().register_script(_STORED)
    return bool(script(keys=_keys(recording), args=[fence, size, *(item.ident for item in done)]))


def backlog(recording: str) -> Backlog:
    waiting, until = _hash(sync_redis(), recording, "bytes", "until")
    return Backlog(int(waiting or 0), float(until or 0))


def remember(recording: str, **values: str) -> None:
    """Keep what may be lost at worst: the unsettled words, and where the listener stands."""
    state, _ = _keys(recording)
    sync_redis().hset(state, mapping={f"live:{name}": value for name, value in values.items()})


def recall(recording: str, *names: str) -> list[str]:
    """What was remembered under these names, "" where there is nothing."""
    values = _hash(sync_redis(), recording, *(f"live:{name}" for name in names))
    return [value.decode() if value else "" for value in values]


def forget(recording: str) -> None:
    sync_redis().delete(*_keys(recording))


def _hash(client: Redis, recording: str, *names: str) -> list[bytes | None]:
    found: Any = client.hmget(_keys(recording)[0], list(names))
    return list(found)


def _keys(recording: str) -> list[str]:
    return [f"recording:{{{recording}}}:state", f"recording:{{{recording}}}:frames"]


def _item(ident: bytes, fields: dict[bytes, bytes]) -> Item:
    if b"m" in fields:
        return Item(ident, -1, fields[b"d"], Mark(fields[b"m"].decode()))
    return Item(ident, int(fields[b"n"]), fields[b"d"])
