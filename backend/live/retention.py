"""What this layer keeps only for a while."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from backend.live.models import CommandAnswer

KEEP_ANSWERS: Final = timedelta(days=1)


def purge() -> None:
    CommandAnswer.objects.filter(created_at__lt=timezone.now() - KEEP_ANSWERS).delete()
