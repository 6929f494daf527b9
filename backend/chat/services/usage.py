"""The tokens that chats have used."""

from datetime import datetime

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from backend.accounts.models import User
from backend.chat.models import AIResponse


def tokens_since(user: User, since: datetime) -> int:
    """The tokens of the answers that began then or later: counted, or estimated while they are made."""
    begun = AIResponse.objects.filter(message__conversation__user=user, created_at__gte=since)
    tokens = Coalesce(F("prompt_tokens"), 0) + Coalesce(F("completion_tokens"), 0)
    return int(begun.aggregate(used=Sum(tokens))["used"] or 0)
