"""Opening a live recording, coming back to it, and what it has said so far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import MAX_TITLE, NO_NUL, folded_title
from backend.engines.arriving import HIGHEST_RATE, LOWEST_RATE
from backend.engines.choosing import choose_live_transcriber
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.speech.models import Origin, Recording, RevisionKind, Segment, Transcript
from backend.speech.services import revisions, transcripts
from backend.speech.services.recordings import framelog, places
from backend.speech.services.schemas import describe_segment
from backend.speech.services.transcripts import visible
from backend.speech.services.uploads import MAX_HOTWORDS

KIND: Final = "live"
FINALS_AT_ONCE: Final = 500


class Opening(BaseModel):
    """What a user asks for with a new recording. `language` "" means: find out."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: str = Field(default="", max_length=MAX_TITLE, pattern=NO_NUL)
    language: str = Field(default="", max_length=8, pattern=r"^[a-z-]*$")
    task: Literal["transcribe", "translate"] = "transcribe"
    hotwords: str = Field(default="", max_length=MAX_HOTWORDS, pattern=NO_NUL)
    encoding: Literal["pcm16", "webm", "ogg"] = "pcm16"
    sample_rate: int = Field(default=16_000, ge=LOWEST_RATE, le=HIGHEST_RATE)


@dataclass(frozen=True, slots=True)
class Session:
    """A recording as its connection sees it. `stored` is the number after the last frame on disk."""

    ident: str
    job: str
    topic: str
    engine: dict[str, str]
    stored: int
    last_final: int
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """`error` is what ended a recording before its time."""

    error: AppError | None
    is_deleted: bool = False


def begin(user: User, opening: Opening) -> Session:
    """Begin a recording: a transcript, its job and a place.

    Raises `AppError`: `server_full`, `unsupported_option`, `limit_reached`.
    """
    choice = choose_live_transcriber()
    engine = choice.engine
    if opening.language and opening.language not in engine.languages:
        raise AppError("unsupported_option", f"{engine.name} here does not know the language {opening.language!r}.")
    if opening.task == "translate" and not engine.can_translate:
        raise AppError("unsupported_option", f"{engine.name} here cannot translate.")
    if opening.hotwords and not engine.can_use_hotwords:
        raise AppError("unsupported_option", f"{engine.name} here does not take hotwords.")
    ident = uuid4()
    places.take(str(ident))
    try:
        with transaction.atomic():
            transcript = _create(user, opening, ident)
    except AppError:
        places.leave(str(ident))
        raise
    return _session(transcript, transcript.job)


def come_back(user: User, ident: UUID) -> Session:
    """The user's own recording, to go on with; `not_found` where there is none, `forbidden` for somebody else's."""
    transcript = transcripts.get_own(user, ident)
    if not hasattr(transcript, "recording"):
        raise AppError("not_found", "This transcript is not a live recording.")
    return _session(transcript, Job.objects.get(revision__transcript=transcript, revision__kind=RevisionKind.LIVE))


def finals_after(ident: str, number: int) -> list[dict[str, Any]]:
    """The pieces of live text behind the one with this number, as clients see them."""
    rows = Segment.objects.filter(
        revision__transcript_id=ident, revision__kind=RevisionKind.LIVE, number__gt=number
    ).order_by("number")[:FINALS_AT_ONCE]
    return [describe_segment(row) for row in rows]


def summary(ident: str) -> dict[str, Any]:
    """How long a recording was and how much was said in it."""
    transcript = Transcript.objects.get(pk=ident)
    rows = Segment.objects.filter(revision__transcript=transcript, revision__kind=RevisionKind.LIVE)
    words = sum(len(text.split()) for text in rows.values_list("text", flat=True))
    return {"duration_s": transcript.duration_s, "segments": rows.count(), "words": words}


def ending(session: Session) -> Ending | None:
    """How the work on the recording has ended; None while it goes on."""
    job = Job.objects.filter(pk=session.job).first()
    if job is None:
        return Ending(AppError("not_found", "The recording was deleted."), is_deleted=True)
    if not job.has_ended:
        return None
    match job.status:
        case Status.COMPLETED:
            return Ending(None)
        case Status.CANCELLED:
            return Ending(AppError("conflict", "The recording was cancelled."))
        case _:
            error = job.error or {"code": "internal", "message": ""}
            return Ending(AppError(error["code"], error["message"]))


def frames_of(ident: str) -> Path:
    """The directory of a recording's frames."""
    return Transcript(pk=UUID(ident)).frames


def _create(user: User, opening: Opening, ident: UUID) -> Transcript:
    now = timezone.now()
    title = visible(opening.title) if opening.title else f"Recording of {now:%d %b %Y, %H:%M}"
    job = jobs.submit(owner=user, kind=KIND, title=title, subject=f"transcript:{ident}")
    options = {"language": opening.language, "task": opening.task, "hotwords": opening.hotwords, "model": ""}
    transcript = Transcript.objects.create(
        id=ident,
        job=job,
        origin=Origin.LIVE,
        title=title,
        folded_title=folded_title(title),
        options=options,
        language=opening.language,
        media_type="audio/flac",
        has_audio=False,
        created_at=now,
    )
    revisions.begin(transcript, job, RevisionKind.LIVE, options)
    Recording.objects.create(transcript=transcript, encoding=opening.encoding, sample_rate=opening.sample_rate)
    return transcript


def _session(transcript: Transcript, job: Job) -> Session:
    choice = choose_live_transcriber()
    known = {"name": choice.engine.name, "model": choice.engine.model, "reason": choice.reason}
    last = Segment.objects.filter(revision__job=job).order_by("-number").values_list("number", flat=True).first()
    return Session(
        ident=str(transcript.pk),
        job=str(job.pk),
        topic=transcript.topic,
        engine=transcript.engine or known,
        stored=framelog.next_number(transcript.frames),
        last_final=last or 0,
        has_ended=job.has_ended,
    )
