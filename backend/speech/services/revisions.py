"""The texts of a recording: each piece of work writes one of its own, and one of them is shown."""

from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from backend.jobs.models import Job
from backend.jobs.running import Run
from backend.speech.models import Revision, RevisionKind, Transcript
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import fold, lock

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
    transcript.folded_text = "".join(f"{fold(text)} " for text in revision.segments.values_list("text", flat=True))
    transcript.note = ""
    transcript.save(update_fields=["revision", "folded_text", "note", *_SHOWN])
    return describe(transcript)


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
