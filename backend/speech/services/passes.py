"""Further work on a recording that is there: a second transcription, or finding its speakers."""

from typing import Any, Final

from backend.accounts.models import User
from backend.jobs import services as jobs
from backend.jobs.models import Job
from backend.speech.models import RevisionKind, Transcript
from backend.speech.services import revisions
from backend.speech.services.uploads import KIND

DIARIZATION: Final = "diarization"


def after_recording(owner: User, transcript: Transcript, then: dict[str, Any]) -> Job:
    """Begin what was asked for when a live recording was stopped; `transcript` is locked."""
    options = {**transcript.options, **{name: value for name, value in then.items() if name != "second_pass"}}
    if then["second_pass"]:
        return _begin(owner, transcript, KIND, RevisionKind.BATCH, options)
    return _begin(owner, transcript, DIARIZATION, RevisionKind.SPEAKERS, options)


def _begin(owner: User, transcript: Transcript, kind: str, revision: RevisionKind, options: dict[str, Any]) -> Job:
    viewers = list(transcript.job.viewers.all())
    subject = f"transcript:{transcript.pk}"
    job = jobs.submit(owner=owner, kind=kind, title=transcript.title, subject=subject, viewers=viewers)
    revisions.begin(transcript, job, revision, options)
    transcript.job = job
    transcript.save(update_fields=["job"])
    return job
