"""Who else may read a transcript and watch its job."""

from uuid import UUID

from django.db import transaction

from backend.accounts.models import User
from backend.accounts.services import find_person
from backend.jobs import services as jobs
from backend.live.publish import publish
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import get_own, jobs_of, lock


@transaction.atomic
def share(user: User, transcript_id: UUID, who: str) -> Transcript:
    """Let somebody, named by username or email, read the transcript."""
    transcript = get_own(user, transcript_id)
    jobs.share(user, transcript.job_id, find_person(who))
    return _told(transcript)


@transaction.atomic
def unshare(user: User, transcript_id: UUID, who: str) -> Transcript:
    """Take that back. Whoever reads it at this moment is cut off."""
    transcript = get_own(user, transcript_id)
    person = find_person(who)
    for job in jobs_of(transcript):
        jobs.unshare(user, job.pk, person)
    return _told(transcript)


def _told(transcript: Transcript) -> Transcript:
    fresh = lock(transcript.pk)
    publish(fresh.topic, "details", describe(fresh))
    return fresh
