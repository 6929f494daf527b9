"""Conversations that a client names by an id of its own, as programs with the AI SDK do."""

from django.db import IntegrityError, transaction

from backend.accounts.models import User
from backend.chat.models import AIResponse, Conversation, Message, ResponseStatus, Sender
from backend.chat.services import answering, conversations, messages, tree
from backend.core.errors import AppError


def find(user: User, client_id: str) -> Conversation | None:
    """The user's conversation of that id, where there is one."""
    return conversations.of(user).filter(client_id=client_id).first()


@transaction.atomic
def say(user: User, client_id: str, content: str) -> Message:
    """Say something behind what is shown, beginning the conversation where need be: the answer that is being made."""
    conversation = find(user, client_id) or _begin(user, client_id)
    return _answer_to(messages.say(user, conversation.pk, content))


@transaction.atomic
def say_instead(user: User, client_id: str, content: str, *, replaced: str, after: str | None) -> Message:
    """Say something else instead of an earlier message: the answer that is being made.

    The earlier one is `replaced` where that is an id of this server; else the one behind the answer `after`, or the
    first one, as clients give their own ids to what they send. Raises `AppError("not_found")` where it is not shown.
    """
    path = _path(user, client_id)
    asked = [message for message in path if message.sender == Sender.USER]
    found = next((message for message in asked if str(message.pk) == replaced), None)
    if found is None:
        found = next((message for message in asked if _id(message.parent_id) == after), None)
    if found is None:
        raise AppError("not_found", "The message to be replaced is not shown in this conversation.")
    return _answer_to(messages.branch(user, found.pk, content))


@transaction.atomic
def regenerate(user: User, client_id: str, message_id: str | None) -> Message:
    """Have another answer made instead of one that is shown, None: of the last one."""
    answers = [message for message in _path(user, client_id) if message.sender == Sender.AI]
    found = next((one for one in reversed(answers) if message_id in (None, str(one.pk))), None)
    if found is None:
        raise AppError("not_found", "The answer to be made anew is not shown in this conversation.")
    return answering.regenerate(user, found)


def being_made(conversation: Conversation) -> Message | None:
    """The answer that is being made now."""
    return conversation.messages.filter(response__status=ResponseStatus.GENERATING).first()


def answer(conversation: Conversation, message_id: int) -> Message | None:
    """One of its answers, whether it is made or has ended."""
    return conversation.messages.filter(pk=message_id, response__isnull=False).first()


@transaction.atomic
def stop(user: User, client_id: str) -> None:
    """End the answer that is being made, with what has been told of it. Does nothing where there is none."""
    conversation = find(user, client_id)
    if conversation is None:
        raise AppError("not_found", "There is no such conversation, or it is not yours.")
    message = being_made(conversation)
    if message is not None:
        answering.stop(user, message)


def _begin(user: User, client_id: str) -> Conversation:
    try:
        with transaction.atomic():
            return conversations.create(user, client_id=client_id)
    except IntegrityError:
        # Another request with this id was faster.
        return conversations.of(user).get(client_id=client_id)


def _path(user: User, client_id: str) -> list[Message]:
    conversation = find(user, client_id)
    return tree.path_to(conversation, conversation.shown_id) if conversation else []


def _answer_to(question: Message) -> Message:
    made = AIResponse.objects.select_related("message__conversation")
    return made.get(message__parent=question, status=ResponseStatus.GENERATING).message


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
