"""How many tokens a user may have used in a day: the calendar day of UTC.

Domains do not know one another: each registers how many tokens its work has used when its app is ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from pydantic import BaseModel

from backend.accounts.models import User
from backend.core.errors import AppError

Used = Callable[[User, datetime], int]
_sources: list[Used] = []


@dataclass(frozen=True, slots=True)
class Quota:
    """`limit` is None where there is none; `used` are the tokens of questions and answers until now."""

    limit: int | None
    used: int
    resets_at: datetime


class QuotaOut(BaseModel):
    """The same as clients see it: tokens of a day; `limit` null: as many as you like."""

    limit: int | None
    used: int
    resets_at: datetime


def register(used: Used) -> None:
    """`used(user, since)` are the tokens that were used from `since`, a midnight of UTC, until now."""
    _sources.append(used)


def of(user: User) -> Quota:
    """The quota of a user today. An answer in a chat counts for the day on which it began, also while it is being
    made; a cell of a batch for the day on which it ended.
    """
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    used = sum(source(user, midnight) for source in _sources)
    return Quota(settings.CONFIG.chat_tokens_per_day or None, used, midnight + timedelta(days=1))


def describe(user: User) -> QuotaOut:
    today = of(user)
    return QuotaOut(limit=today.limit, used=today.used, resets_at=today.resets_at)


def check(user: User) -> None:
    """Raise `AppError("limit_reached")` for a user who has used up the tokens of the day."""
    if not settings.CONFIG.chat_tokens_per_day:
        return
    quota = of(user)
    if quota.limit is not None and quota.used >= quota.limit:
        left_s = (quota.resets_at - timezone.now()).total_seconds()
        until = quota.resets_at.strftime("%Y-%m-%d %H:%M UTC")
        raise AppError(
            "limit_reached",
            f"Your {quota.limit:,} tokens of today are used up. Go on from {until}.",
            retry_after_s=left_s,
        )
