"""Who is there, by lease: a member that does not renew in time is gone, however its process ended."""

import time
from typing import Final

from backend.core.redis_pools import async_redis

_JOIN: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIREAT', KEYS[1], math.ceil(ARGV[2]) + 1)
return 1
"""


async def enter(group: str, member: str, *, lease_s: float, limit: int) -> bool:
    """Enter a group, or renew the lease in it. False when `limit` others are there already."""
    now = time.time()
    script = async_redis().register_script(_JOIN)
    return bool(await script(keys=[_key(group)], args=[now, now + lease_s, member, limit]))


async def leave(group: str, member: str) -> None:
    await async_redis().zrem(_key(group), member)


def _key(group: str) -> str:
    return f"live:present:{group}"
