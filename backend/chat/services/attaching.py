"""Texts that are sent along with a message, for the model to read."""

from typing import Final

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import Attachment
from backend.chat.services import conversations
from backend.core.errors import AppError
from backend.live import references

MOST_WAITING: Final = 20
MOST_CHARACTERS: Final = 1_000_000


@transaction.atomic
def attach(user: User, conversation_id: int, reference: str) -> Attachment:
    """Attach what the user may read under `reference`, as it is now, to the next message of a conversation."""
    conversation = conversations.lock(user, conversation_id)
    if conversation.attachments.filter(message=None).count() >= MOST_WAITING:
        raise AppError("limit_reached", f"A message may have {MOST_WAITING} attachments.")
    found = references.read(user, reference)
    if not found.text:
        raise AppError("no_text", "There is no text in it yet.")
    return Attachment.objects.create(
        conversation=conversation,
        title=found.title,
        reference=reference,
        text=found.text[:MOST_CHARACTERS],
        created_at=timezone.now(),
    )


@transaction.atomic
def detach(user: User, conversation_id: int, attachment_id: int) -> None:
    """Take an attachment back that has not been sent."""
    conversation = conversations.lock(user, conversation_id)
    removed, _ = conversation.attachments.filter(pk=attachment_id, message=None).delete()
    if not removed:
        raise AppError("not_found", "There is no such attachment, or it was sent before.")
