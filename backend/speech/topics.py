"""The topic of a transcript: its details, its segments as they are heard, and what is being said live."""

from typing import Final
from uuid import UUID

from backend.accounts.models import User
from backend.live.topics import Snapshot, TopicKind
from backend.speech.models import Recording, Transcript
from backend.speech.services import transcripts
from backend.speech.services.recordings.telling import live_state
from backend.speech.services.schemas import describe_whole


def _may_read(user: User, ident: str) -> bool:
    try:
        transcript_id = UUID(ident)
    except ValueError:
        return False
    return transcripts.readable_by(user).filter(pk=transcript_id).exists()


def _snapshot(ident: str) -> Snapshot:
    found = Transcript.objects.select_related("job__owner").filter(pk=ident).first()
    if found is None:
        return Snapshot({})
    recording = Recording.objects.filter(transcript=found, ended_at=None).exists()
    return Snapshot({**describe_whole(found), "live": live_state(ident) if recording else None})


EVENTS: Final = ("segment", "partial", "final", "speech", "lag", "details", "speakers", "revised", "deleted")
TRANSCRIPT: Final = TopicKind("transcript", _may_read, _snapshot, events=EVENTS, scope="speech")
# What only the recording's own connection needs to know.
RECORDING: Final = TopicKind(
    "recording",
    authorize=lambda _user, _ident: False,
    snapshot=lambda _ident: Snapshot({}),
    events=("ack",),
    private=True,
)
