"""The tree of a conversation's messages: a new leaf, the way to one, the newest end of a branch."""

from typing import Any

from django.utils import timezone

from backend.chat.models import Conversation, Message, Sender


def add(conversation: Conversation, sender: Sender, parent: int | None, **values: Any) -> Message:
    """A new message of a conversation that is held; it is shown from now on."""
    now = timezone.now()
    message = Message.objects.create(
        conversation=conversation,
        parent_id=parent,
        sender=sender,
        order=conversation.next_order,
        timestamp=now,
        **values,
    )
    conversation.next_order += 1
    conversation.shown, conversation.updated_at = message, now
    conversation.save(update_fields=["next_order", "shown", "updated_at"])
    return message


def path_to(conversation: Conversation, last: int | None) -> list[Message]:
    """The messages from the first one to `last`, by their parents."""
    rows = conversation.messages.select_related("response", "reply_to").prefetch_related("attachments")
    by_id = {message.pk: message for message in rows}
    path: list[Message] = []
    while last is not None:
        path.append(by_id[last])
        last = by_id[last].parent_id
    return path[::-1]


def end_of(conversation: Conversation, message: int) -> int:
    """The last message of the newest branch that `message` belongs to."""
    rows = conversation.messages.order_by("order").values_list("parent_id", "pk")
    newest: dict[int | None, int] = dict(rows)
    while message in newest:
        message = newest[message]
    return message
