"""The event log: one Redis Stream per topic, appended by one script. The only code that knows the Redis keys.

A topic's position is `(epoch, seq)`. `seq` counts 1, 2, 3 … without holes within an epoch and is the id of the
stream's entry (`seq-0`). The epoch changes when the counter can no longer be trusted: the keys are gone, or the
Redis server was restarted or failed over and may have come back with older data.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self

from redis.asyncio import Redis

from backend.core.redis_pools import async_redis, sync_redis

MAX_ENTRIES: Final = 1000
KEEP_LOG_S: Final = 24 * 3600
# The position outlives the entries, so that a late client learns "too old" and not "never existed".
KEEP_POSITION_S: Final = 7 * 24 * 3600
KEEP_ONCE_S: Final = 24 * 3600
PAGE: Final = 200

_CHECK_EPOCH = """
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local held = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'server')
local epoch, seq = held[1], tonumber(held[2] or 0)
if not epoch or held[3] ~= server then
  epoch, seq = ARGV[1], 0
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', 0, 'server', server)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
_POSITION = _CHECK_EPOCH + "return {epoch, seq}"
_APPEND = (
    """
local fence, once = ARGV[3], ARGV[4]
if fence ~= '' then
  local newest = redis.call('GET', KEYS[3])
  if newest and tonumber(newest) > tonumber(fence) then return {'refused', '', 0} end
  redis.call('SET', KEYS[3], fence, 'EX', ARGV[2])
end
"""
    + _CHECK_EPOCH
    + """
if once ~= '' then
  local known = redis.call('GET', KEYS[4])
  if known then return {'known', epoch, tonumber(known)} end
end
if ARGV[12] == '1' then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'seq', 0)
end
seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[5], seq .. '-0', 'e', ARGV[8], 'd', ARGV[9], 't', ARGV[10], 'r', ARGV[11])
redis.call('EXPIRE', KEYS[2], ARGV[6])
if once ~= '' then redis.call('SET', KEYS[4], seq, 'EX', ARGV[7]) end
return {'appended', epoch, seq}
"""
)


@dataclass(frozen=True, slots=True)
class Position:
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Fence:
    """`number` of the attempt that writes; within one `scope` of a topic a lower number is refused."""

    number: int
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has a position. `data` is encoded JSON, `at` an ISO 8601 time.

    `replaces` names what the event is the newest state of: a slow reader may be given only the last of each name.
    `once` is a key under which the event is appended one time only. With `restart` the topic starts afresh with it:
    the log before it is dropped, and whoever follows the topic takes a new snapshot.
    """

    topic: str
    event: str
    data: str
    at: str
    fence: Fence | None = None
    once: str = ""
    replaces: str = ""
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at its position. `text` is the frame that clients receive, encoded once."""

    topic: str
    epoch: str
    seq: int
    text: str
    event: str
    replaces: str

    @classmethod
    def build(cls, topic: str, epoch: str, seq: int, fields: "Fields") -> Self:
        text = (
            f'{{"type":"event","topic":"{topic}","epoch":"{epoch}","seq":{seq},'
            f'"event":"{fields.event}","data":{fields.data},"at":"{fields.at}"}}'
        )
        return cls(topic, epoch, seq, text, fields.event, fields.replaces)


@dataclass(frozen=True, slots=True)
class Fields:
    event: str
    data: str
    at: str
    replaces: str


def append(draft: Draft) -> Entry | None:
    """Append one event. None when it was refused by its fence or had been appended before under its `once` key."""
    keys, arguments = _append_call(draft)
    return _appended(draft, _scripts().append(keys=keys, args=arguments))


def append_many(drafts: Sequence[Draft]) -> list[Entry | None]:
    """Append several events in one round trip, each on its own."""
    pipe = sync_redis().pipeline(transaction=False)
    for draft in drafts:
        keys, arguments = _append_call(draft)
        _scripts().append(keys=keys, args=arguments, client=pipe)
    return [_appended(draft, answer) for draft, answer in zip(drafts, pipe.execute(), strict=True)]


async def read_position(topic: str) -> Position:
    """The newest position; gives the topic an epoch where it has none or its old one is no longer valid."""
    script = async_redis().register_script(_POSITION)
    epoch, seq = await script(keys=_keys(topic), args=[_new_epoch(), KEEP_POSITION_S])
    return Position(epoch.decode(), int(seq))


async def read_positions(topics: Iterable[str]) -> dict[str, Position]:
    """The newest position of each topic in one round trip."""
    names = list(topics)
    pipe = async_redis().pipeline(transaction=False)
    script = async_redis().register_script(_POSITION)
    for topic in names:
        await script(keys=_keys(topic), args=[_new_epoch(), KEEP_POSITION_S], client=pipe)
    answers = await pipe.execute()
    return {topic: Position(epoch.decode(), int(seq)) for topic, (epoch, seq) in zip(names, answers, strict=True)}


async def read_after(topic: str, position: Position, *, limit: int = PAGE) -> list[Entry] | None:
    """Up to `limit` entries that follow `position`, in order; None when the log no longer holds the next one."""
    meta, log = _keys(topic)
    pipe = async_redis().pipeline(transaction=True)
    pipe.hmget(meta, ["epoch", "seq"])
    pipe.xrange(log, min=f"{position.seq + 1}-0", count=limit)
    (epoch, seq), rows = await pipe.execute()
    newest = int(seq or 0)
    if (epoch or b"").decode() != position.epoch or newest < position.seq:
        return None
    entries = [_entry(topic, position.epoch, row) for row in rows]
    if newest > position.seq and (not entries or entries[0].seq != position.seq + 1):
        return None
    return entries


def events_after(topic: str, position: Position) -> list[tuple[str, dict[str, Any]]]:
    """All events that follow `position` as (name, data), in order; for a writer who reads again what was told.

    Empty where the topic has started afresh since; without what the log no longer holds.
    """
    meta, log = _keys(topic)
    epoch: Any = sync_redis().hget(meta, "epoch")
    if (epoch or b"").decode() != position.epoch:
        return []
    rows: Any = sync_redis().xrange(log, min=f"{position.seq + 1}-0")
    return [(values[b"e"].decode(), json.loads(values[b"d"])) for _, values in rows]


async def block_after(client: Redis, topic: str, position: Position, seconds: float) -> None:
    """Return when the log has an entry after `position`, or when `seconds` have passed.

    `client` is the caller's own: the read keeps its connection to itself. A topic that starts afresh wakes nobody,
    so that whoever waits for long asks for the position now and then.
    """
    await client.xread({_keys(topic)[1]: f"{position.seq}-0"}, count=1, block=max(1, round(seconds * 1000)))


def raise_fence(topic: str, fence: Fence) -> None:
    """From now on refuse events of this topic and scope that carry a lower fence."""
    key = _fence_key(topic, fence.scope)
    _scripts().raise_fence(keys=[key], args=[fence.number, KEEP_POSITION_S])


class _Scripts:
    def __init__(self) -> None:
        client = sync_redis()
        self.append = client.register_script(_APPEND)
        self.raise_fence = client.register_script(
            "local n = redis.call('GET', KEYS[1]) "
            "if not n or tonumber(n) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end"
        )


def _scripts() -> _Scripts:
    return _scripts_for(id(sync_redis()))


@cache
def _scripts_for(_client: int) -> _Scripts:
    return _Scripts()


def _keys(topic: str) -> list[str]:
    # The braces are a hash tag: a Redis Cluster keeps the keys of one topic on one machine.
    return [f"live:{{{topic}}}:meta", f"live:{{{topic}}}:log"]


def _fence_key(topic: str, scope: str) -> str:
    return f"live:{{{topic}}}:fence:{scope}"


def _append_call(draft: Draft) -> tuple[list[str], list[Any]]:
    fence = draft.fence or Fence(0)
    keys = [*_keys(draft.topic), _fence_key(draft.topic, fence.scope), f"live:{{{draft.topic}}}:once:{draft.once}"]
    return keys, [
        _new_epoch(),
        KEEP_POSITION_S,
        draft.fence.number if draft.fence else "",
        draft.once,
        MAX_ENTRIES,
        KEEP_LOG_S,
        KEEP_ONCE_S,
        draft.event,
        draft.data,
        draft.at,
        draft.replaces,
        int(draft.restart),
    ]


def _appended(draft: Draft, answer: list[Any]) -> Entry | None:
    outcome, epoch, seq = answer
    if outcome != b"appended":
        return None
    fields = Fields(draft.event, draft.data, draft.at, draft.replaces)
    return Entry.build(draft.topic, epoch.decode(), int(seq), fields)


def _entry(topic: str, epoch: str, row: tuple[bytes, dict[bytes, bytes]]) -> Entry:
    entry_id, values = row
    fields = Fields(*(values[name].decode() for name in (b"e", b"d", b"t", b"r")))
    return Entry.build(topic, epoch, int(entry_id.split(b"-")[0]), fields)


def _new_epoch() -> str:
    return secrets.token_hex(6)
