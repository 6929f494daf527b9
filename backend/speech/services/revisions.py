"""The texts of a recording: each piece of work writes one of its own, and one of them is shown."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import fold
from backend.jobs.models import Job
from backend.jobs.running import Run
from backend.live.publish import publish
from backend.speech.models import Revision, RevisionKind, Transcript
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import get_own, lock

NO_SPEECH: Final = "No speech was found."
# What a transcript shows of its revision, so that lists need not read it.
_SHOWN: Final = ("engine", "language")


def begin(transcript: Transcript, job: Job, kind: RevisionKind, options: dict[str, Any]) -> Revision:
    """A new revision for a job to write. The first one is shown at once, later ones when they are finished."""
    last = transcript.revisions.aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(
        transcript=transcript,
        job=job,
        number=last + 1,
        kind=kind,
        options=options,
        language=options.get("language", ""),
        created_at=timezone.now(),
    )


def finish(revision: Revision) -> None:
    """Note that all of the revision is there."""
    revision.finished_at = timezone.now()
    revision.save(update_fields=["finished_at"])


def show(transcript: Transcript, revision: Revision) -> dict[str, Any]:
    """Make a revision the one that is shown; `transcript` is locked. Returns the event's data."""
    transcript.revision = revision.number
    transcript.engine, transcript.language = revision.engine, revision.language
    texts = list(revision.segments.values_list("text", flat=True))
    transcript.folded_text = "".join(f"{fold(text)} " for text in texts)
    transcript.note = "" if texts or revision.turns else NO_SPEECH
    transcript.save(update_fields=["revision", "folded_text", "note", *_SHOWN])
    return describe(transcript)


@transaction.atomic
def choose(user: User, transcript_id: UUID, number: int) -> dict[str, Any]:
    """Show another text of a recording to everybody. Raises `not_found` for one that is not there, or not whole."""
    transcript = lock(get_own(user, transcript_id).pk)
    revision = transcript.revisions.filter(number=number, finished_at__isnull=False).first()
    if revision is None:
        raise AppError("not_found", "There is no such revision, or it is not finished.")
    if transcript.revision == number:
        return describe(transcript)
    shown = show(transcript, revision)
    publish(transcript.topic, "revised", shown, restart=True)
    return shown


def save_and_tell(run: Run, revision: Revision, **values: Any) -> None:
    """Store what is known of a revision now; where it is the one that is shown, tell whoever looks at it."""
    with run.guarded():
        for name, value in values.items():
            setattr(revision, name, value)
        revision.save(update_fields=list(values))
        transcript = lock(revision.transcript_id)
        if transcript.revision != revision.number:
            return
        mirrored = [name for name in values if name in _SHOWN]
        for name in mirrored:
            setattr(transcript, name, values[name])
            setattr(revision.transcript, name, values[name])
        transcript.save(update_fields=mirrored)
        run.publish(transcript.topic, "details", describe(transcript))
