"""The topic of a conversation: its details, its messages, and the text of an answer while it is made."""

from typing import Final

from backend.accounts.models import User
from backend.chat.models import AIResponse, Conversation, ResponseStatus
from backend.chat.services import conversations
from backend.chat.services.schemas import describe_whole
from backend.live.log import Position
from backend.live.topics import Snapshot, TopicKind


def _may_read(user: User, ident: str) -> bool:
    return ident.isdecimal() and len(ident) < 19 and conversations.of(user).filter(pk=int(ident)).exists()


def _snapshot(ident: str) -> Snapshot:
    found = Conversation.objects.select_related("user").filter(pk=int(ident)).first()
    if found is None:
        return Snapshot({})
    # Read first: text that is saved after this is in the log after this position too.
    running = AIResponse.objects.filter(message__conversation=found, status=ResponseStatus.GENERATING).first()
    position = Position(**running.saved_at) if running and running.saved_at else None
    return Snapshot(describe_whole(found), position)


EVENTS: Final = ("details", "message", "delta", "attachment", "attachment_removed", "draft")
CONVERSATION: Final = TopicKind("conversation", _may_read, _snapshot, events=EVENTS, scope="chat")
