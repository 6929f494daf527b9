"""Texts that are sent along with a message, for the model to read: attached, taken back, sent."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import Attachment, AttachmentStatus, Conversation, Message
from backend.chat.services import conversations
from backend.chat.services.schemas import describe_attachment
from backend.core.errors import AppError
from backend.engines.documents.limits import MOST_CHARACTERS
from backend.jobs import services as jobs
from backend.live import references
from backend.live.publish import publish

MOST_WAITING: Final = 20


@transaction.atomic
def attach(user: User, conversation_id: int, reference: str) -> Attachment:
    """Attach what the user may read under `reference`, as it is now, to the next message of a conversation."""
    conversation = conversations.lock(user, conversation_id)
    found = references.read(user, reference)
    if not found.text:
        raise AppError("no_text", "There is no text in it yet.")
    text = found.text[:MOST_CHARACTERS]
    return add(
        conversation,
        title=found.title,
        reference=reference,
        text=text,
        characters=len(text),
        is_cut=len(found.text) > MOST_CHARACTERS,
    )


def add(conversation: Conversation, **values: Any) -> Attachment:
    """One more attachment of a conversation that is held. `limit_reached` where there are too many."""
    if conversation.attachments.filter(message=None).count() >= MOST_WAITING:
        raise AppError("limit_reached", f"A message may have {MOST_WAITING} attachments.")
    attachment = Attachment.objects.create(conversation=conversation, created_at=timezone.now(), **values)
    tell(attachment)
    return attachment


@transaction.atomic
def detach(user: User, conversation_id: int, attachment_id: int) -> None:
    """Take an attachment back that has not been sent, and the job with it that reads its file."""
    conversation = conversations.lock(user, conversation_id)
    waiting = conversation.attachments.defer("text").select_related("job")
    attachment = waiting.filter(pk=attachment_id, message=None).first()
    if attachment is None:
        raise AppError("not_found", "There is no such attachment, or it was sent before.")
    if attachment.job is not None:
        jobs.remove(attachment.job)
    remove(attachment)


def remove(attachment: Attachment) -> None:
    """Delete an attachment and tell so, once."""
    deleted, _ = Attachment.objects.filter(pk=attachment.pk).delete()
    if deleted:
        publish(attachment.conversation.topic, "attachment_removed", {"id": attachment.pk})


def send(conversation: Conversation, message: Message, attachments: Sequence[int]) -> None:
    """Send attachments of a conversation that is held along with a message.

    Raises `AppError`: `not_found`, `conflict` while a file is being read, `invalid` for one that cannot be.
    """
    waiting = conversation.attachments.defer("text").filter(message=None, pk__in=attachments)
    found = {attachment.pk: attachment for attachment in waiting}
    if set(found) != set(attachments):
        raise AppError("not_found", "An attachment is not there, or was sent before.")
    states = {attachment.status for attachment in found.values()}
    if AttachmentStatus.READING in states:
        raise AppError("conflict", "An attachment is still being read. Wait for it, or take it back.")
    if AttachmentStatus.ERROR in states:
        raise AppError("invalid", "An attachment could not be read. Take it back.")
    for attachment in found.values():
        attachment.message = message
        attachment.save(update_fields=["message"])
        tell(attachment)


def tell(attachment: Attachment) -> None:
    publish(attachment.conversation.topic, "attachment", describe_attachment(attachment).model_dump(mode="json"))
