"""A transcript as clients see it: the same data in REST answers, events and snapshots."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from backend.jobs import services as jobs
from backend.jobs.schemas import JobOut
from backend.speech.models import Segment, Transcript


class EngineOut(BaseModel):
    name: str
    model: str
    reason: str


class OptionsOut(BaseModel):
    language: str
    task: Literal["transcribe", "translate"]
    hotwords: str
    model: str


class TranscriptOut(BaseModel):
    id: UUID
    title: str
    owner: str
    job: JobOut
    language: str
    duration_s: float | None
    engine: EngineOut | None
    options: OptionsOut
    media_type: str
    created_at: datetime
    shared_with: list[str]
    note: str


class WordOut(BaseModel):
    w: str
    s: float
    e: float
    p: float


class SegmentOut(BaseModel):
    id: int
    start: float
    end: float
    text: str
    confidence: float
    words: list[WordOut]


class WholeTranscriptOut(TranscriptOut):
    segments: list[SegmentOut]


class UploadOut(BaseModel):
    transcript: TranscriptOut
    job: JobOut


class TranscriptPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[TranscriptOut]


_PLAIN = ("id", "title", "language", "duration_s", "engine", "options", "media_type", "created_at", "note")


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


def describe_whole(transcript: Transcript) -> dict[str, Any]:
    return {**describe(transcript), "segments": [describe_segment(row) for row in transcript.segments.all()]}


def describe_segment(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.number,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "confidence": segment.confidence,
        "words": segment.words,
    }
