"""Conversations and messages as clients see them: the same data in REST answers, events and snapshots.

Field names are those of the service that this one replaces; what it did not have is added.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from django.db.models import Prefetch, QuerySet
from pydantic import BaseModel

from backend.chat.models import AIResponse, Attachment, Conversation, Message
from backend.engines.chat_offer import EngineOut


class ResponseOut(BaseModel):
    """How an answer was made. `response_content` is also the content of its message. `retry_at` is when a busy
    upstream is asked again; the error says meanwhile why. The tokens are those of all its runs, and of a title that was
    made with it.
    """

    id: int
    message: int
    response_content: str
    status: Literal["Generating", "Completed", "Error"]
    error_code: str
    error_message: str
    finish_reason: str
    engine: EngineOut | None
    prompt_tokens: int | None
    completion_tokens: int | None
    is_estimated: bool
    left_out: int
    retry_at: datetime | None
    retry_count: int
    job: str | None


class AttachmentOut(BaseModel):
    """`message` is the one that it was sent with; null: not sent yet. `is_cut`: the text is longer than was kept."""

    id: int
    title: str
    media_type: str
    reference: str
    characters: int
    status: Literal["Reading", "Ready", "Error"]
    error_code: str
    error_message: str
    is_cut: bool
    message: int | None


class MessageOut(BaseModel):
    """One message; those with the same `parent` are alternatives."""

    id: int
    conversation: int
    parent: int | None
    sender: Literal["user", "ai"]
    content: str
    timestamp: datetime
    order: int
    is_edited: bool
    is_deleted: bool
    reply_to: int | None
    response: ResponseOut | None
    attachments: list[AttachmentOut]


class ConversationOut(BaseModel):
    id: int
    title: str
    user: str
    status: Literal["Active", "Deleted"]
    model_version: str
    system_prompt: str
    temperature: float | None
    max_tokens: int | None
    shown: int | None
    created_at: datetime
    updated_at: datetime


class WholeConversationOut(ConversationOut):
    """`messages` are all branches, in their order; the shown one ends with the message `shown`. `attachments` are
    those that were not sent yet, `draft` is what the user is writing.
    """

    messages: list[MessageOut]
    attachments: list[AttachmentOut]
    draft: str


class ConversationPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[ConversationOut]


class MessagePage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[MessageOut]


def describe(conversation: Conversation) -> dict[str, Any]:
    """The conversation without its messages, as JSON-compatible data."""
    return ConversationOut(
        id=conversation.pk,
        title=conversation.title,
        user=conversation.user.username,
        status=conversation.status,
        model_version=conversation.model_version,
        system_prompt=conversation.system_prompt,
        temperature=conversation.temperature,
        max_tokens=conversation.max_tokens,
        shown=conversation.shown_id,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
    ).model_dump(mode="json")


def describe_whole(conversation: Conversation) -> dict[str, Any]:
    rows = readable(conversation.messages.all())
    waiting = conversation.attachments.defer("text").filter(message=None)
    return {
        **describe(conversation),
        "messages": describe_messages(rows),
        "attachments": [describe_attachment(one).model_dump(mode="json") for one in waiting],
        "draft": conversation.draft,
    }


def readable(messages: QuerySet[Message]) -> QuerySet[Message]:
    """The messages with what is told of them: their answers, and their attachments without the texts."""
    attachments = Prefetch("attachments", Attachment.objects.defer("text"))
    return messages.select_related("response").prefetch_related(attachments)


def describe_messages(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages that were read by `readable`."""
    return [describe_message(message) for message in messages]


def describe_message(message: Message) -> dict[str, Any]:
    """One message. What was deleted keeps its place and loses its words."""
    response: AIResponse | None = getattr(message, "response", None)
    gone = message.is_deleted
    return MessageOut(
        id=message.pk,
        conversation=message.conversation_id,
        parent=message.parent_id,
        sender=message.sender,
        content="" if gone else response.response_content if response else message.content,
        timestamp=message.timestamp,
        order=message.order,
        is_edited=message.is_edited,
        is_deleted=gone,
        reply_to=message.reply_to_id,
        response=_response(response) if response and not gone else None,
        attachments=[] if gone else [describe_attachment(one) for one in message.attachments.all()],
    ).model_dump(mode="json")


def _response(response: AIResponse) -> ResponseOut:
    plain = set(ResponseOut.model_fields) - {"message", "job"}
    values = {name: getattr(response, name) for name in plain}
    job = str(response.job_id) if response.job_id else None
    return ResponseOut(**values, message=response.message_id, job=job)


def describe_attachment(attachment: Attachment) -> AttachmentOut:
    plain = set(AttachmentOut.model_fields) - {"message"}
    values = {name: getattr(attachment, name) for name in plain}
    return AttachmentOut(**values, message=attachment.message_id)
