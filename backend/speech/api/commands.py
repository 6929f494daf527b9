"""Transcripts by REST and by socket: the commands that `apps.py` registers."""

from typing import Any, Final
from uuid import UUID

from pydantic import Field

from backend.accounts.models import User
from backend.core.text import NO_NUL
from backend.live.commands import Command, Input
from backend.speech.services import sharing, transcripts
from backend.speech.services.schemas import TranscriptOut, TranscriptPage, WholeTranscriptOut, describe, describe_whole


class Search(Input):
    search: str = Field(default="", max_length=200, pattern=NO_NUL)
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=transcripts.PAGE, ge=1, le=100)


class OneTranscript(Input):
    transcript_id: UUID


class OneText(OneTranscript):
    revision: int | None = Field(default=None, ge=1, le=1_000_000, description="another text than the shown one")


class Rename(OneTranscript):
    title: str = Field(min_length=1, max_length=200, pattern=r"\S")


class WithPerson(OneTranscript):
    user: str = Field(min_length=1, max_length=254, pattern=NO_NUL, description="username or email")


def _list(user: User, data: Search) -> dict[str, Any]:
    return transcripts.search(user, words=data.search, page=data.page, page_size=data.page_size)


def _get(user: User, data: OneText) -> dict[str, Any]:
    return describe_whole(transcripts.get(user, data.transcript_id), data.revision)


def _rename(user: User, data: Rename) -> dict[str, Any]:
    return describe(transcripts.rename(user, data.transcript_id, data.title.strip()))


def _delete(user: User, data: OneTranscript) -> dict[str, Any]:
    transcripts.delete(user, data.transcript_id)
    return {}


def _share(user: User, data: WithPerson) -> dict[str, Any]:
    return describe(sharing.share(user, data.transcript_id, data.user))


def _unshare(user: User, data: WithPerson) -> dict[str, Any]:
    return describe(sharing.unshare(user, data.transcript_id, data.user))


_ALL = "api/transcripts"
ONE = "api/transcripts/<uuid:transcript_id>"
LIST = Command(
    "transcript.list", Search, _list, "GET", _ALL, "speech", output=TranscriptPage,
    summary="The transcripts that you own or may read, newest first, found by title and text",
)  # fmt: skip
COMMANDS = (
    Command(
        "transcript.get", OneText, _get, "GET", ONE, "speech", output=WholeTranscriptOut,
        summary="One transcript with its text",
    ),
    Command(
        "transcript.rename", Rename, _rename, "PATCH", ONE, "speech", output=TranscriptOut,
        summary="Give a transcript another title",
    ),
    Command(
        "transcript.delete", OneTranscript, _delete, "DELETE", ONE, "speech", status=204,
        summary="Delete a transcript, its recording and its job",
    ),
    Command(
        "transcript.share", WithPerson, _share, "POST", f"{ONE}/share", "speech", output=TranscriptOut,
        summary="Let somebody read a transcript",
    ),
    Command(
        "transcript.unshare", WithPerson, _unshare, "DELETE", f"{ONE}/share", "speech", output=TranscriptOut,
        summary="Take that back",
    ),
)  # fmt: skip

# The list shares its address with uploads.
ALL_COMMANDS: Final = (LIST, *COMMANDS)
