"""What the owner of a transcript changes in its text, by REST and by socket: speakers and segments."""

from typing import Any

from pydantic import BaseModel, Field

from backend.accounts.models import User
from backend.core.text import NO_NUL
from backend.live.commands import Command
from backend.speech.api.commands import ONE, OneTranscript
from backend.speech.services import editing
from backend.speech.services.schemas import SegmentOut, SpeakerOut, VersionOut
from backend.speech.services.speakers import voices

MAX_TEXT = 5000
LABEL = r"^S[1-9][0-9]{0,3}$"


class OneSpeaker(OneTranscript):
    label: str = Field(pattern=LABEL)


class RenameSpeaker(OneSpeaker):
    name: str = Field(max_length=voices.MAX_NAME, pattern=NO_NUL, description="empty: as at first")


class MergeSpeaker(OneSpeaker):
    into: str = Field(pattern=rf"^$|{LABEL}", description="the label of another speaker; empty: apart again")


class OneSegment(OneTranscript):
    number: int = Field(ge=1, le=1_000_000_000)


class EditSegment(OneSegment):
    text: str | None = Field(default=None, min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
    speaker: str | None = Field(
        default=None, pattern=rf"^$|^{editing.NEW_SPEAKER}$|{LABEL}", description='a label, "new", or empty for nobody'
    )
    version: int | None = Field(default=None, ge=1, description="refused where the segment has another one by now")


class SpeakersOut(BaseModel):
    speakers: list[SpeakerOut]


class VersionsOut(BaseModel):
    versions: list[VersionOut]


def _rename(user: User, data: RenameSpeaker) -> dict[str, Any]:
    return {"speakers": voices.rename(user, data.transcript_id, data.label, data.name)}


def _merge(user: User, data: MergeSpeaker) -> dict[str, Any]:
    return {"speakers": voices.merge(user, data.transcript_id, data.label, data.into)}


def _edit(user: User, data: EditSegment) -> dict[str, Any]:
    change = data.model_dump(include={"text", "speaker", "version"})
    return editing.edit(user, data.transcript_id, data.number, **change)


def _versions(user: User, data: OneSegment) -> dict[str, Any]:
    found = editing.versions(user, data.transcript_id, data.number)
    return VersionsOut.model_validate({"versions": found}).model_dump(mode="json")


_SPEAKER = f"{ONE}/speakers/<str:label>"
_SEGMENT = f"{ONE}/segments/<int:number>"
COMMANDS = (
    Command(
        "transcript.rename_speaker", RenameSpeaker, _rename, "PATCH", _SPEAKER, "speech", output=SpeakersOut,
        summary="Give a speaker a name",
    ),
    Command(
        "transcript.merge_speakers", MergeSpeaker, _merge, "POST", f"{_SPEAKER}/merge", "speech", output=SpeakersOut,
        summary="Show two speakers as one, or apart again",
    ),
    Command(
        "transcript.edit_segment", EditSegment, _edit, "PATCH", _SEGMENT, "speech", output=SegmentOut,
        summary="Change the text or the speaker of a segment; what was there before is kept",
    ),
    Command(
        "transcript.segment_versions", OneSegment, _versions, "GET", f"{_SEGMENT}/versions", "speech",
        output=VersionsOut, summary="What a segment was before each change, oldest first",
    ),
)  # fmt: skip
