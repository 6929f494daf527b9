"""A transcript as clients see it: the same data in REST answers, events and snapshots."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.schemas import JobOut
from backend.speech.models import Origin, Revision, RevisionKind, Segment, Transcript


class EngineOut(BaseModel):
    name: str
    model: str
    reason: str


class OptionsOut(BaseModel):
    language: str
    task: Literal["transcribe", "translate"]
    hotwords: str
    model: str
    diarize: bool = False
    speakers: int = 0
    min_speakers: int = 0
    max_speakers: int = 0


class TranscriptOut(BaseModel):
    id: UUID
    origin: Origin
    revision: int
    title: str
    owner: str
    job: JobOut
    language: str
    duration_s: float | None
    engine: EngineOut | None
    options: OptionsOut
    media_type: str
    has_audio: bool
    created_at: datetime
    shared_with: list[str]
    note: str


class WordOut(BaseModel):
    w: str
    s: float
    e: float
    p: float
    speaker: str | None = None
    share: float | None = None
    overlap: bool | None = None


class SegmentOut(BaseModel):
    id: int
    start: float
    end: float
    text: str
    confidence: float
    words: list[WordOut]
    speaker: str
    version: int


class VersionOut(BaseModel):
    """What a segment was before somebody changed it."""

    number: int
    text: str
    speaker: str
    replaced_by: str
    replaced_at: datetime


class SpeakerOut(BaseModel):
    """A voice. One that was `merged_into` another is shown as that one; an empty `name` is shown as "Speaker n"."""

    label: str
    name: str
    merged_into: str


class TurnOut(BaseModel):
    start: float
    end: float
    speaker: str


class RevisionOut(BaseModel):
    number: int
    kind: RevisionKind
    engine: EngineOut | None
    diarizer: EngineOut | None
    created_at: datetime
    finished_at: datetime | None


class LiveOut(BaseModel):
    """What is being said: words that may still change, and whether somebody speaks."""

    partial: dict[str, Any] | None
    speech: Literal["started", "ended"]


class WholeTranscriptOut(TranscriptOut):
    segments: list[SegmentOut]
    speakers: list[SpeakerOut]
    turns: list[TurnOut]
    diarizer: EngineOut | None
    revisions: list[RevisionOut]


class UploadOut(BaseModel):
    transcript: TranscriptOut
    job: JobOut


class TranscriptPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[TranscriptOut]


_PLAIN = (
    "id",
    "origin",
    "revision",
    "title",
    "language",
    "duration_s",
    "engine",
    "options",
    "media_type",
    "has_audio",
    "created_at",
    "note",
)


def describe(transcript: Transcript, job: dict[str, Any] | None = None) -> dict[str, Any]:
    """The transcript without its text, as JSON-compatible data. `job` is its description where the caller has
    it.
    """
    described = job or jobs.describe(transcript.job)
    values = {name: getattr(transcript, name) for name in _PLAIN}
    viewers = sorted(viewer.username for viewer in transcript.job.viewers.all())
    out = TranscriptOut(**values, owner=described["owner"], job=JobOut(**described), shared_with=viewers)
    return out.model_dump(mode="json")


def describe_many(transcripts: Iterable[Transcript]) -> list[dict[str, Any]]:
    rows = list(transcripts)
    described = jobs.describe_many([transcript.job for transcript in rows])
    return [describe(transcript, job) for transcript, job in zip(rows, described, strict=True)]


def describe_whole(transcript: Transcript, number: int | None = None) -> dict[str, Any]:
    """The transcript with the text of its shown revision, or of another one."""
    everything = list(transcript.revisions.all())
    wanted = transcript.revision if number is None else number
    shown = next((revision for revision in everything if revision.number == wanted), None)
    if shown is None:
        raise AppError("not_found", "There is no such revision.")
    return {
        **describe(transcript),
        "segments": [describe_segment(row) for row in shown.segments.all()],
        "speakers": shown.speakers,
        "turns": shown.turns,
        "diarizer": shown.diarizer,
        "revisions": [describe_revision(revision) for revision in everything],
    }


def describe_revision(revision: Revision) -> dict[str, Any]:
    values = {name: getattr(revision, name) for name in RevisionOut.model_fields}
    return RevisionOut(**values).model_dump(mode="json")


def describe_segment(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.number,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "confidence": segment.confidence,
        "words": segment.words,
        "speaker": segment.speaker,
        "version": segment.version,
    }
