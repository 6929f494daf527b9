"""How many recordings may be live at once, and who has a place.

A place is a lease: that of a recording whose worker is gone for good becomes free by itself.
"""

import time
from typing import Final

from django.conf import settings

from backend.core.errors import AppError
from backend.core.redis_pools import sync_redis

# Longer than another worker needs to take a recording over.
LEASE_S: Final = 45.0
SHORTEST_WAIT_S: Final = 5.0
# What a recording is taken to last until some have ended.
USUAL_S: Final = 300.0
_PLACES: Final = "recordings:places"
_BEGUN: Final = "recordings:begun"
_USUAL: Final = "recordings:usual_s"
_TAKE: Final = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[1])
return 1
"""


def take(recording: str) -> None:
    """Take a place or renew its lease; `AppError("server_full")` with an estimate of the wait."""
    now = time.time()
    limit = settings.CONFIG.live_sessions
    script = sync_redis().register_script(_TAKE)
    if not script(keys=[_PLACES, _BEGUN], args=[now, now + LEASE_S, recording, limit]):
        raise AppError(
            "server_full", f"All {limit} places for live recordings are taken.", retry_after_s=_estimate(now)
        )


def renew(recording: str) -> None:
    """Renew the lease of a recording that goes on, also where its place was lost with Redis."""
    now = time.time()
    pipe = sync_redis().pipeline(transaction=True)
    pipe.zadd(_PLACES, {recording: now + LEASE_S})
    pipe.hsetnx(_BEGUN, recording, str(now))
    pipe.execute()


def leave(recording: str) -> None:
    """Give the place back, and learn from it how long recordings last."""
    client = sync_redis()
    pipe = client.pipeline(transaction=True)
    pipe.zrem(_PLACES, recording)
    pipe.hget(_BEGUN, recording)
    pipe.hdel(_BEGUN, recording)
    pipe.get(_USUAL)
    _, begun, _, usual = pipe.execute()
    if begun is not None:
        lasted = max(0.0, time.time() - float(begun))
        known = float(usual) if usual else lasted
        client.set(_USUAL, f"{0.8 * known + 0.2 * lasted:.1f}")


def _estimate(now: float) -> float:
    """When the first of the recordings that have a place will probably end, in seconds from now."""
    pipe = sync_redis().pipeline(transaction=False)
    pipe.get(_USUAL)
    pipe.hgetall(_BEGUN)
    pipe.zrange(_PLACES, 0, -1)
    usual, begun, holders = pipe.execute()
    lasts = float(usual) if usual else USUAL_S
    ages = [now - float(begun[holder]) for holder in holders if holder in begun]
    left = [lasts - age for age in ages if age < lasts]
    return round(max(SHORTEST_WAIT_S, min(left, default=SHORTEST_WAIT_S)), 1)
