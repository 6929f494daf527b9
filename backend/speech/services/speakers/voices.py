"""What people do with the speakers of a transcript: name them, take two for one, and take that back."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.live.publish import publish
from backend.speech.models import Revision, Transcript
from backend.speech.services.speakers.names import root_of
from backend.speech.services.transcripts import get_own, lock

MAX_NAME: Final = 80
MAX_SPEAKERS: Final = 50


@transaction.atomic
def rename(user: User, transcript_id: UUID, label: str, name: str) -> list[dict[str, Any]]:
    """Call a speaker by a name; "" takes it away. Returns all speakers."""
    transcript, revision = held(user, transcript_id)
    _one(revision, label)["name"] = visible_name(name)
    return store(transcript, revision)


@transaction.atomic
def merge(user: User, transcript_id: UUID, label: str, into: str) -> list[dict[str, Any]]:
    """Show a speaker as another one; "" shows them apart again. Nothing is rewritten, so that it can be undone."""
    transcript, revision = held(user, transcript_id)
    speaker = _one(revision, label)
    if into:
        _one(revision, into)
        if root_of(into, revision.speakers) == label:
            raise AppError("invalid", "A speaker cannot be merged into themselves.", fields={"into": ["Is the same."]})
    speaker["merged_into"] = into
    return store(transcript, revision)


def visible_name(name: str) -> str:
    """A name without characters that cannot be seen, none of which belongs into an export."""
    return " ".join("".join(sign for sign in name if sign.isprintable()).split())[:MAX_NAME]


def held(user: User, transcript_id: UUID) -> tuple[Transcript, Revision]:
    """The user's own transcript and its shown revision, both held until the transaction ends."""
    transcript = lock(get_own(user, transcript_id).pk)
    revision = Revision.objects.select_for_update().get(transcript=transcript, number=transcript.revision)
    return transcript, revision


def add(revision: Revision) -> str:
    """A further speaker, not stored yet; their label. Raises `limit_reached`."""
    if len(revision.speakers) >= MAX_SPEAKERS:
        raise AppError("limit_reached", f"A transcript may have {MAX_SPEAKERS} speakers.")
    numbers = [int(speaker["label"].removeprefix("S")) for speaker in revision.speakers]
    label = f"S{max(numbers, default=0) + 1}"
    revision.speakers = [*revision.speakers, {"label": label, "name": "", "merged_into": ""}]
    return label


def store(transcript: Transcript, revision: Revision) -> list[dict[str, Any]]:
    """Keep the speakers as they are now, and tell them."""
    revision.save(update_fields=["speakers"])
    publish(transcript.topic, "speakers", {"speakers": revision.speakers})
    return list(revision.speakers)


def _one(revision: Revision, label: str) -> dict[str, Any]:
    for speaker in revision.speakers:
        if speaker["label"] == label:
            found: dict[str, Any] = speaker
            return found
    raise AppError("not_found", "There is no such speaker.")
