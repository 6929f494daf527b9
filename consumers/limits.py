"""How much one person may send."""

import time
from typing import Final
from weakref import WeakValueDictionary

from django.conf import settings

# All frames of a socket, acknowledgements and pings included, per second and at once; also before it has signed in.
FRAMES_PER_S: Final = 500.0
FRAMES_AT_ONCE: Final = 1000.0
# A socket that goes on although so many frames were refused is closed.
REFUSALS: Final = 200


class TokenBucket:
    """`rate` per second on average, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens = burst
        self._at = time.monotonic()

    def take(self) -> float:
        """Take one; 0 when there was one, otherwise the seconds to wait for it."""
        self._fill()
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    def take_on_credit(self) -> float:
        """Take one whether there is one or not; the seconds to wait before the next."""
        self._fill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class UserLimits:
    """Shared by all sockets of a user in this process."""

    def __init__(self) -> None:
        rate = settings.CONFIG.commands_per_second
        # A socket that comes back subscribes to all its topics at once.
        self.commands = TokenBucket(rate, rate + 2 * settings.CONFIG.subscriptions_per_socket)


_of_users: WeakValueDictionary[int, UserLimits] = WeakValueDictionary()


def limits_of(user_id: int) -> UserLimits:
    limits = _of_users.get(user_id)
    if limits is None:
        limits = _of_users[user_id] = UserLimits()
    return limits
