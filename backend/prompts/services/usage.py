"""The tokens that batches have used: counted for a user and a day, and kept when a batch is deleted."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Sum
from django.utils import timezone

from backend.accounts.models import User
from backend.prompts.models import TokensUsed

KEPT_FOR: Final = timedelta(days=7)


def count(owner_id: int, tokens: int) -> None:
    """Add to what a user has used today, with the transaction that stores what the tokens were used for."""
    if tokens:
        today, _ = TokensUsed.objects.get_or_create(owner_id=owner_id, day=timezone.now().date())
        TokensUsed.objects.filter(pk=today.pk).update(tokens=F("tokens") + tokens)


def tokens_since(user: User, since: datetime) -> int:
    """The tokens that were used since the beginning of that day."""
    used = TokensUsed.objects.filter(owner=user, day__gte=since.date())
    return int(used.aggregate(used=Sum("tokens"))["used"] or 0)


def purge() -> None:
    """Forget the days that no quota asks for any more."""
    TokensUsed.objects.filter(day__lt=(timezone.now() - KEPT_FOR).date()).delete()
