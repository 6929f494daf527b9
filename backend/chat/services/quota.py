"""How many tokens a user may have used in a day: the calendar day of UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import AIResponse
from backend.core.errors import AppError


@dataclass(frozen=True, slots=True)
class Quota:
    """`limit` is None where there is none; `used` are the tokens of questions and answers until now."""

    limit: int | None
    used: int
    resets_at: datetime


def of(user: User) -> Quota:
    """The quota of a user today. An answer counts for the day on which it began, also while it is being made, with
    the tokens that are known or estimated of it.
    """
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    begun = AIResponse.objects.filter(message__conversation__user=user, created_at__gte=midnight)
    tokens = Coalesce(F("prompt_tokens"), 0) + Coalesce(F("completion_tokens"), 0)
    used = begun.aggregate(used=Sum(tokens))["used"] or 0
    return Quota(settings.CONFIG.chat_tokens_per_day or None, used, midnight + timedelta(days=1))


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
