"""Further work on a recording that is there: a second transcription, or finding its speakers."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.models import Job
from backend.speech.models import RevisionKind, Transcript
from backend.speech.services import diarizing, revisions
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import get_own, lock
from backend.speech.services.uploads import KIND, Options, check


@transaction.atomic
def transcribe_again(user: User, transcript_id: UUID, options: Options) -> dict[str, Any]:
    """Transcribe the recording once more, as a new revision that is shown when it is finished: `{"transcript", "job"}`.

    Raises `conflict` while other work on the transcript goes on, or where its recording is gone, and
    `unsupported_option` for what no engine here can do.
    """
    transcript = _free(user, transcript_id)
    check(options)
    return _begun(transcript, _begin(transcript, KIND, RevisionKind.BATCH, options.model_dump()))


@transaction.atomic
def find_speakers(user: User, transcript_id: UUID, counts: dict[str, int]) -> dict[str, Any]:
    """Find the speakers of the shown text, as a new revision. Raises what `transcribe_again` raises."""
    transcript = _free(user, transcript_id)
    options = {**transcript.options, "diarize": True, **counts}
    return _begun(transcript, _begin(transcript, diarizing.KIND, RevisionKind.SPEAKERS, options))


def after_recording(transcript: Transcript, then: dict[str, Any]) -> Job:
    """Begin what was asked for when a live recording was stopped; `transcript` is locked."""
    options = {**transcript.options, **{name: value for name, value in then.items() if name != "second_pass"}}
    if then["second_pass"]:
        options["model"] = options["model"] or settings.CONFIG.second_pass_model
        return _begin(transcript, KIND, RevisionKind.BATCH, options)
    return _begin(transcript, diarizing.KIND, RevisionKind.SPEAKERS, options)


def _free(user: User, transcript_id: UUID) -> Transcript:
    transcript = lock(get_own(user, transcript_id).pk)
    if not Job.objects.get(pk=transcript.job_id).has_ended:
        raise AppError("conflict", "Other work on this transcript has not ended yet.")
    if not transcript.has_audio:
        raise AppError("conflict", "The recording is no longer on this server.")
    return transcript


def _begin(transcript: Transcript, kind: str, revision: RevisionKind, options: dict[str, Any]) -> Job:
    before = transcript.job
    subject = f"transcript:{transcript.pk}"
    viewers = list(before.viewers.all())
    job = jobs.submit(owner=before.owner, kind=kind, title=transcript.title, subject=subject, viewers=viewers)
    revisions.begin(transcript, job, revision, options)
    transcript.job = job
    transcript.save(update_fields=["job"])
    return job


def _begun(transcript: Transcript, job: Job) -> dict[str, Any]:
    described = jobs.describe(job)
    return {"transcript": describe(transcript, described), "job": described}
