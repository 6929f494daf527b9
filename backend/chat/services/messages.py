"""Messages of a conversation: say something, take another way, edit, delete, choose which branch is shown."""

from collections.abc import Sequence
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.chat.models import Attachment, Conversation, Message, ResponseStatus, Sender
from backend.chat.services import answering, attaching, conversations, drafts, tree
from backend.chat.services.schemas import describe_message, describe_messages, readable
from backend.core.errors import AppError
from backend.core.paging import PageAsked, page_of
from backend.core.text import fold, title_of
from backend.live.publish import publish

TITLE_CHARACTERS: Final = 60


def of(user: User) -> QuerySet[Message]:
    """All messages of a user's conversations."""
    return readable(Message.objects.filter(conversation__user=user))


def get(user: User, message_id: int) -> Message:
    """The message, or `AppError("not_found")`."""
    try:
        return of(user).select_related("conversation").get(pk=message_id)
    except ObjectDoesNotExist:
        raise AppError("not_found", "There is no such message, or it is not yours.") from None


def search(user: User, conversation_id: int | None, *, page: int, page_size: int) -> dict[str, Any]:
    """One page of a user's messages in their order, or of those of one conversation."""
    found = of(user).order_by("conversation_id", "order")
    if conversation_id is not None:
        found = found.filter(conversation=conversations.get(user, conversation_id))
    asked = {"conversation": str(conversation_id)} if conversation_id is not None else {}
    wanted = PageAsked(page, page_size, conversations.PAGE, "/api/messages/", asked)
    return page_of(found, wanted, describe_messages)


@transaction.atomic
def say(
    user: User, conversation_id: int, content: str, *, reply_to: int | None = None, attachments: Sequence[int] = ()
) -> Message:
    """Add a user's message behind what is shown, and have it answered. `conflict` while an answer is being made."""
    conversation = conversations.ready(user, conversation_id)
    message = _append(conversation, conversation.shown_id, content, reply_to)
    attaching.send(conversation, message, attachments)
    _name(conversation, content)
    drafts.keep(conversation, "")
    _tell(message)
    answering.begin(conversation, message)
    return message


@transaction.atomic
def branch(user: User, message_id: int, content: str) -> Message:
    """Say something else instead of a message of one's own: both stay, the new way is shown and answered."""
    before = _own(user, message_id)
    conversation = conversations.ready(user, before.conversation_id)
    message = _append(conversation, before.parent_id, content, before.reply_to_id)
    for attachment in Attachment.objects.filter(message=before):
        attachment.pk, attachment.message, attachment.job = None, message, None
        attachment.save(force_insert=True)
    _tell(message)
    answering.begin(conversation, message)
    return message


@transaction.atomic
def edit(user: User, message_id: int, content: str) -> Message:
    """Correct a message of one's own where it stands; nothing is answered anew."""
    message = _own(user, message_id)
    message.content, message.is_edited = content, True
    message.save(update_fields=["content", "is_edited"])
    _tell(message)
    return message


@transaction.atomic
def mark_deleted(user: User, message_id: int) -> Message:
    """Take the words of a message away; it keeps its place. `conflict` for an answer that is being made."""
    message = get(user, message_id)
    conversations.lock(user, message.conversation_id)
    if is_generating(message):
        raise AppError("conflict", "This answer is still being made. Stop it first.")
    message.is_deleted = True
    message.save(update_fields=["is_deleted"])
    _tell(message)
    return message


@transaction.atomic
def show(user: User, message_id: int) -> Conversation:
    """Show the branch that a message belongs to, down to its newest end."""
    message = get(user, message_id)
    conversation = conversations.lock(user, message.conversation_id)
    conversation.shown_id = tree.end_of(conversation, message.pk)
    conversation.save(update_fields=["shown"])
    conversations.tell(conversation)
    return conversation


def is_generating(message: Message) -> bool:
    response = getattr(message, "response", None)
    return response is not None and response.status == ResponseStatus.GENERATING


def _own(user: User, message_id: int) -> Message:
    message = get(user, message_id)
    if message.sender != Sender.USER or message.is_deleted:
        raise AppError("invalid", "Only a message of your own that was not deleted can be edited.")
    return message


def _append(conversation: Conversation, parent: int | None, content: str, reply_to: int | None) -> Message:
    if reply_to is not None and not conversation.messages.filter(pk=reply_to, is_deleted=False).exists():
        raise AppError("not_found", "The message that this one replies to is not in this conversation.")
    return tree.add(conversation, Sender.USER, parent, content=content, reply_to_id=reply_to)


def _name(conversation: Conversation, content: str) -> None:
    """An automatic title, from the first words that were said."""
    if conversation.title or conversation.has_own_title:
        return
    words = title_of(content)
    cut = words if len(words) <= TITLE_CHARACTERS else words[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"
    conversation.title, conversation.folded_title = cut, fold(cut)
    conversation.save(update_fields=["title", "folded_title"])
    conversations.tell(conversation)


def _tell(message: Message) -> None:
    publish(message.conversation.topic, "message", describe_message(message))
