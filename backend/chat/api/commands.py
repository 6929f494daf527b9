"""Conversations and messages by REST and by socket: the commands that `apps.py` registers."""

from typing import Any, Literal

from pydantic import Field, model_validator

from backend.accounts.models import User
from backend.chat.services import answering, attaching, conversations, messages
from backend.chat.services.schemas import (
    AttachmentOut,
    ConversationOut,
    ConversationPage,
    MessageOut,
    MessagePage,
    WholeConversationOut,
    describe,
    describe_attachment,
    describe_message,
    describe_whole,
)
from backend.core.text import NO_NUL
from backend.live.commands import Command, Input

WORDS = r"^[^\x00]*[^\s\x00][^\x00]*$"
MAX_CONTENT = 32_000
MAX_PROMPT = 8000
MODEL = Field(default="", max_length=100, pattern=NO_NUL)


class Search(Input):
    search: str = Field(default="", max_length=200, pattern=NO_NUL)
    status: Literal["", "Active", "Deleted"] = ""
    model_version: str = MODEL
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=conversations.PAGE, ge=1, le=conversations.MAX_PAGE)


class New(Input):
    title: str = Field(default="", max_length=200, pattern=NO_NUL)
    model_version: str = MODEL
    system_prompt: str = Field(default="", max_length=MAX_PROMPT, pattern=NO_NUL)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=100_000)


class OneConversation(Input):
    conversation_id: int = Field(ge=1, le=2**63 - 1)


class Change(OneConversation):
    title: str | None = Field(default=None, max_length=200, pattern=NO_NUL)
    status: Literal["Active", "Deleted"] | None = None
    model_version: str | None = Field(default=None, max_length=100, pattern=NO_NUL)
    system_prompt: str | None = Field(default=None, max_length=MAX_PROMPT, pattern=NO_NUL)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _changes_something(self) -> "Change":
        if self.model_fields_set == {"conversation_id"}:
            raise ValueError("Nothing is to be changed.")
        return self


class Said(Input):
    content: str = Field(min_length=1, max_length=MAX_CONTENT, pattern=WORDS)


class Start(Said):
    model_version: str = MODEL


class Say(OneConversation, Said):
    reply_to: int | None = Field(default=None, ge=1, le=2**63 - 1)
    attachments: list[int] = Field(default=[], max_length=20)


class Attach(OneConversation):
    reference: str = Field(max_length=100, pattern=r"^[a-z]+:[A-Za-z0-9-]+$", description="as `transcript:<id>`")


class Detach(OneConversation):
    attachment_id: int = Field(ge=1, le=2**63 - 1)


class OfConversation(Input):
    conversation: int | None = Field(default=None, ge=1, le=2**63 - 1)
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=conversations.PAGE, ge=1, le=conversations.MAX_PAGE)


class OneMessage(Input):
    message_id: int = Field(ge=1, le=2**63 - 1)


class Rewrite(OneMessage, Said):
    pass


# The OpenAPI document gives the input of a PATCH a name of its own, so it must not be that of a POST too.
class Correct(Rewrite):
    pass


class MarkDeleted(OneMessage):
    pass


def _list(user: User, data: Search) -> dict[str, Any]:
    wanted = data.model_dump(exclude={"search"})
    return conversations.search(user, words=data.search, **wanted)


def _create(user: User, data: New) -> dict[str, Any]:
    return describe(conversations.create(user, **data.model_dump()))


def _get(user: User, data: OneConversation) -> dict[str, Any]:
    return describe_whole(conversations.get(user, data.conversation_id))


def _update(user: User, data: Change) -> dict[str, Any]:
    changes = data.model_dump(exclude={"conversation_id"}, exclude_unset=True)
    return describe(conversations.update(user, data.conversation_id, changes))


def _start(user: User, data: Start) -> dict[str, Any]:
    conversation = conversations.create(user, model_version=data.model_version)
    messages.say(user, conversation.pk, data.content)
    return describe_whole(conversations.get(user, conversation.pk))


def _say(user: User, data: Say) -> dict[str, Any]:
    said = messages.say(user, data.conversation_id, data.content, reply_to=data.reply_to, attachments=data.attachments)
    return describe_message(messages.get(user, said.pk))


def _attach(user: User, data: Attach) -> dict[str, Any]:
    made = attaching.attach(user, data.conversation_id, data.reference)
    return describe_attachment(made).model_dump(mode="json")


def _detach(user: User, data: Detach) -> dict[str, Any]:
    attaching.detach(user, data.conversation_id, data.attachment_id)
    return {}


def _messages(user: User, data: OfConversation) -> dict[str, Any]:
    return messages.search(user, data.conversation, page=data.page, page_size=data.page_size)


def _edit(user: User, data: Correct) -> dict[str, Any]:
    return describe_message(messages.edit(user, data.message_id, data.content))


def _mark_deleted(user: User, data: MarkDeleted) -> dict[str, Any]:
    messages.mark_deleted(user, data.message_id)
    return {}


def _branch(user: User, data: Rewrite) -> dict[str, Any]:
    return describe_message(messages.get(user, messages.branch(user, data.message_id, data.content).pk))


def _regenerate(user: User, data: OneMessage) -> dict[str, Any]:
    return describe_message(messages.get(user, answering.regenerate(user, messages.get(user, data.message_id)).pk))


def _continue(user: User, data: OneMessage) -> dict[str, Any]:
    return describe_message(messages.get(user, answering.go_on(user, messages.get(user, data.message_id)).pk))


def _stop(user: User, data: OneMessage) -> dict[str, Any]:
    return describe_message(messages.get(user, answering.stop(user, messages.get(user, data.message_id)).pk))


def _show(user: User, data: OneMessage) -> dict[str, Any]:
    return describe(messages.show(user, data.message_id))


_ALL = "api/conversations"
_ONE = "api/conversations/<int:conversation_id>"
_MESSAGE = "api/messages/<int:message_id>"
COMMANDS = (
    Command(
        "chat.list", Search, _list, "GET", _ALL, "chat", output=ConversationPage,
        summary="Your conversations, newest first, found by title",
    ),
    Command(
        "chat.create", New, _create, "POST", _ALL, "chat", output=ConversationOut, status=201,
        summary="Begin an empty conversation",
    ),
    Command(
        "chat.get", OneConversation, _get, "GET", _ONE, "chat", output=WholeConversationOut,
        summary="One conversation with all its messages",
    ),
    Command(
        "chat.update", Change, _update, "PUT", _ONE, "chat", output=ConversationOut,
        summary="Change a conversation's title, its status, or how the model answers",
    ),
    Command(
        "chat.start", Start, _start, "POST", "api/start_conversation", "chat", output=WholeConversationOut, status=201,
        summary="Begin a conversation with a message, and have it answered",
    ),
    Command(
        "chat.send", Say, _say, "POST", f"{_ONE}/add_message", "chat", output=MessageOut, status=201,
        summary="Say something, and have it answered",
    ),
    Command(
        "chat.attach", Attach, _attach, "POST", f"{_ONE}/attachments", "chat", output=AttachmentOut, status=201,
        summary="Attach a text that Stentor holds to your next message, by its reference",
    ),
    Command(
        "chat.detach", Detach, _detach, "DELETE", f"{_ONE}/attachments/<int:attachment_id>", "chat", status=204,
        summary="Take an attachment back that was not sent",
    ),
    Command(
        "chat.messages", OfConversation, _messages, "GET", "api/messages", "chat", output=MessagePage,
        summary="Your messages, or those of one conversation, in their order",
    ),
    Command(
        "chat.edit_message", Correct, _edit, "PATCH", f"{_MESSAGE}/edit_message", "chat", output=MessageOut,
        summary="Correct a message of your own; nothing is answered anew",
    ),
    Command(
        "chat.mark_deleted", MarkDeleted, _mark_deleted, "PATCH", f"{_MESSAGE}/mark_deleted", "chat", status=204,
        summary="Take the words of a message away",
    ),
    Command(
        "chat.branch", Rewrite, _branch, "POST", f"{_MESSAGE}/branch", "chat", output=MessageOut, status=201,
        summary="Say something else instead of a message of your own; both ways stay",
    ),
    Command(
        "chat.regenerate", OneMessage, _regenerate, "POST", f"{_MESSAGE}/regenerate", "chat", output=MessageOut,
        status=201, summary="Have another answer made; both stay",
    ),
    Command(
        "chat.continue", OneMessage, _continue, "POST", f"{_MESSAGE}/continue", "chat", output=MessageOut,
        summary="Let the model go on with an answer that was stopped or interrupted",
    ),
    Command(
        "chat.stop", OneMessage, _stop, "POST", f"{_MESSAGE}/stop", "chat", output=MessageOut,
        summary="Stop an answer, and keep what has come of it",
    ),
    Command(
        "chat.show", OneMessage, _show, "POST", f"{_MESSAGE}/show", "chat", output=ConversationOut,
        summary="Show the branch that a message belongs to",
    ),
)  # fmt: skip
