"""What people do with their transcripts: find, read, rename, delete."""

import shutil
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.paging import PageAsked, page_of
from backend.core.text import fold, folded_title, title_of
from backend.jobs import services as jobs
from backend.jobs.models import Job
from backend.live.publish import publish
from backend.speech.models import Revision, Segment, Transcript
from backend.speech.services.schemas import describe, describe_many

PAGE: Final = 25


def readable_by(user: User) -> QuerySet[Transcript]:
    """The transcripts that a user owns or was given to read."""
    mine = Transcript.objects.filter(job__in=jobs.readable_by(user).values("pk"))
    return mine.select_related("job__owner").prefetch_related("job__viewers")


def get(user: User, transcript_id: UUID | str) -> Transcript:
    """The transcript, or `AppError("not_found")`: what is not yours to see does not exist for you."""
    try:
        return readable_by(user).get(pk=transcript_id)
    except ObjectDoesNotExist:
        raise AppError("not_found", "There is no such transcript, or it is not yours to see.") from None


def get_own(user: User, transcript_id: UUID) -> Transcript:
    """The transcript for a change; `AppError("forbidden")` for one that was only shared with the user."""
    transcript = get(user, transcript_id)
    if transcript.job.owner_id != user.pk:
        raise AppError("forbidden", "Only its owner may change a transcript.")
    return transcript


def lock(transcript_id: UUID) -> Transcript:
    """The newest state, held until the transaction ends: what is told about it is told in the order of the
    changes.
    """
    held = Transcript.objects.select_for_update(of=("self",)).select_related("job__owner")
    return held.get(pk=transcript_id)


def search(user: User, *, words: str, page: int, page_size: int = PAGE) -> dict[str, Any]:
    """One page of the transcripts whose title or text holds `words`, newest first."""
    found = readable_by(user)
    if words.strip():
        folded = fold(words)
        found = found.filter(Q(folded_title__contains=folded) | Q(folded_text__contains=folded))
    asked = PageAsked(page, page_size, PAGE, "/api/transcripts", {"search": words})
    return page_of(found, asked, describe_many)


@transaction.atomic
def rename(user: User, transcript_id: UUID, title: str) -> Transcript:
    transcript = lock(get_own(user, transcript_id).pk)
    transcript.title = visible(title)
    transcript.folded_title = folded_title(title)
    transcript.save(update_fields=["title", "folded_title"])
    publish(transcript.topic, "details", describe(transcript))
    return transcript


@transaction.atomic
def delete(user: User, transcript_id: UUID) -> None:
    """Delete a transcript with its recording, ending its job where that has not ended."""
    discard(get_own(user, transcript_id))


@transaction.atomic
def discard(transcript: Transcript) -> None:
    """Delete a transcript whoever asks for it; its files go when the transaction commits."""
    publish(transcript.topic, "deleted", {})
    for job in jobs_of(transcript):
        jobs.remove(job)


def jobs_of(transcript: Transcript) -> QuerySet[Job]:
    """All work on a transcript, past work too."""
    return Job.objects.filter(subject=transcript.topic, owner=transcript.job.owner_id)


def text_of(job: Job) -> str:
    """The text that a job has written."""
    segments = Segment.objects.filter(revision__job=job).order_by("number")
    return " ".join(segments.values_list("text", flat=True))


def turns_of(job: Job) -> list[dict[str, Any]]:
    """Who spoke when, as a job has found out."""
    revision = Revision.objects.filter(job=job).first()
    return list(revision.turns) if revision else []


def remove_files(transcript: Transcript) -> None:
    """Remove a transcript's files with the current transaction, however its row came to be deleted."""
    transaction.on_commit(partial(shutil.rmtree, transcript.directory, ignore_errors=True), robust=True)


def visible(text: str) -> str:
    """A title as it can be shown; a recording always has one."""
    return title_of(text) or "Recording"
