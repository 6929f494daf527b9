"""Further texts of a recording, by REST and by socket: transcribe again, find the speakers, choose the shown one."""

from typing import Any

from pydantic import Field

from backend.accounts.models import User
from backend.live.commands import Command
from backend.speech.api.commands import ONE, OneTranscript
from backend.speech.services import passes, revisions
from backend.speech.services.schemas import TranscriptOut, UploadOut
from backend.speech.services.uploads import Options, SpeakerCounts


class Again(OneTranscript, Options):
    pass


class Speakers(OneTranscript, SpeakerCounts):
    pass


class Shown(OneTranscript):
    number: int = Field(ge=1, le=1_000_000)


def _again(user: User, data: Again) -> dict[str, Any]:
    options = Options.model_validate(data.model_dump(exclude={"transcript_id"}))
    return passes.transcribe_again(user, data.transcript_id, options)


def _find_speakers(user: User, data: Speakers) -> dict[str, Any]:
    return passes.find_speakers(user, data.transcript_id, data.model_dump(exclude={"transcript_id"}))


def _show(user: User, data: Shown) -> dict[str, Any]:
    return revisions.choose(user, data.transcript_id, data.number)


COMMANDS = (
    Command(
        "transcript.revise", Again, _again, "POST", f"{ONE}/revise", "speech", output=UploadOut, status=201,
        summary="Transcribe the recording again, as a new text beside those that are there",
    ),
    Command(
        "transcript.diarize", Speakers, _find_speakers, "POST", f"{ONE}/diarize", "speech", output=UploadOut,
        status=201, summary="Find out who says what",
    ),
    Command(
        "transcript.show_revision", Shown, _show, "POST", f"{ONE}/revision", "speech", output=TranscriptOut,
        summary="Choose which text of a recording is shown",
    ),
)  # fmt: skip
