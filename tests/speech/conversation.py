"""A transcript whose speakers are known, and what a page makes of its events."""

from backend.engines.diarizing import Diarization, Turn
from backend.speech.models import Segment, Transcript
from backend.speech.services.schemas import describe_segment
from backend.speech.services.speakers.merging import speakers_of, split_all
from tests.fixtures import media

NAME = "08_two_voices.flac"
VOICES = {"en-us+m2": "S1", "en+f3": "S2"}


def turns() -> tuple[Turn, ...]:
    said = media.transcripts()[NAME]["segments"]
    return tuple(Turn(one["start"], one["end"], VOICES[one["voice"]]) for one in said)


def give_speakers(transcript: Transcript) -> Transcript:
    """Store who says what in the recorded conversation, as a diarizer would find it that makes no mistake."""
    found = Diarization(turns(), turns())
    revision = transcript.shown
    parts = split_all([describe_segment(row) for row in revision.segments.all()], found)
    revision.segments.all().delete()
    names = ("start", "end", "text", "confidence", "words", "speaker")
    for number, part in enumerate(parts, start=1):
        Segment.objects.create(revision=revision, number=number, **{name: part[name] for name in names})
    revision.speakers = speakers_of(found)
    revision.turns = [{"start": turn.start, "end": turn.end, "speaker": turn.speaker} for turn in turns()]
    revision.save()
    return transcript


def applied(snapshot: dict, events: list[dict]) -> dict:
    """What a page has that began with a snapshot and took these events."""
    state = dict(snapshot)
    for event in events:
        data = event["data"]
        if event["event"] in ("segment", "final"):
            rows = {row["id"]: row for row in state["segments"]} | {data["id"]: data}
            state["segments"] = [rows[number] for number in sorted(rows)]
        elif event["event"] in ("speakers", "details"):
            state |= data
    return state
