"""How long recordings and transcripts are kept: by the settings, counted from the end of the last work on them."""

from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.jobs.models import ENDED
from backend.live.publish import publish
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import discard, lock

BATCH: Final = 200

log = structlog.get_logger(__name__)


def purge() -> None:
    """Delete recordings and transcripts that are older than the settings allow, a bounded number at a time."""
    config = settings.CONFIG
    if config.keep_transcripts_days is not None:
        for transcript in _older_than(config.keep_transcripts_days)[:BATCH]:
            discard(transcript)
            log.info("transcript_expired", transcript=str(transcript.pk))
    if config.keep_audio_days is not None:
        kept = _older_than(config.keep_audio_days).filter(has_audio=True)
        for transcript in kept[:BATCH]:
            _drop_audio(transcript)


def _older_than(days: float) -> "QuerySet[Transcript]":
    before = timezone.now() - timedelta(days=days)
    ended = Transcript.objects.filter(job__status__in=ENDED, job__finished_at__lt=before)
    return ended.select_related("job__owner").order_by("created_at")


@transaction.atomic
def _drop_audio(transcript: Transcript) -> None:
    fresh = lock(transcript.pk)
    if fresh.job_id != transcript.job_id:
        return  # further work on it has begun meanwhile, which needs the sound
    fresh.has_audio = False
    fresh.save(update_fields=["has_audio"])
    publish(fresh.topic, "details", describe(fresh))
    transaction.on_commit(lambda: fresh.source.unlink(missing_ok=True))
    log.info("audio_expired", transcript=str(fresh.pk))
