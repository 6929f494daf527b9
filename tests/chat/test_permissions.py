"""Conversations are their owner's alone: every command and the topic, by REST and by socket."""

import json

import pytest

from backend.chat.api.commands import COMMANDS
from backend.chat.models import Attachment, Conversation, Message
from backend.chat.services import conversations, messages
from backend.core.errors import AppError
from backend.jobs.models import Job
from backend.live import topics
from consumers.threads import in_thread
from tests.consumers.client import Socket, by_rest
from tests.consumers.conftest import _live  # noqa: F401 (fixture: the live layer ends with the test's loop)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
BY_NAME = {command.name: command for command in COMMANDS}
# What has no owner to refuse anybody: everybody begins conversations of their own.
OWN = ("chat.list", "chat.create", "chat.start")
LISTS = ("chat.list", "chat.messages")
OF_ONE = [name for name in BY_NAME if name not in OWN]
SECRET = "nobody else reads this"


@pytest.fixture
def told(owner, teammate):
    """A conversation whose answer is being made by a job that its owner shares with the teammate."""
    conversation = conversations.create(owner, title=SECRET)
    said = messages.say(owner, conversation.pk, SECRET)
    Job.objects.get(response__message__parent=said).viewers.add(teammate)
    Attachment.objects.create(conversation=conversation, title=SECRET, text=SECRET, created_at=said.timestamp)
    return said


@pytest.fixture
def others(teammate, stranger):
    return [teammate, stranger]


def data_for(name, told):
    """What the command asks for, about the conversation that was told, as flat data."""
    answer = Message.objects.get(parent=told)
    of_answer = name in ("chat.regenerate", "chat.continue", "chat.stop")
    values = {
        "conversation_id": told.conversation_id,
        "conversation": told.conversation_id,
        "message_id": answer.pk if of_answer else told.pk,
        "attachment_id": Attachment.objects.get().pk,
        "content": "Mine now?",
        "reference": "transcript:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    }
    data = {field: value for field, value in values.items() if field in BY_NAME[name].input.model_fields}
    return {**data, "title": "Mine"} if name == "chat.update" else data


def state():
    """All rows of chat, to see whether anything was changed."""
    return [
        list(Conversation.objects.order_by("pk").values()),
        list(Message.objects.order_by("pk").values()),
        list(Attachment.objects.order_by("pk").values()),
        list(Job.objects.order_by("pk").values("pk", "status")),
    ]


@pytest.mark.parametrize("name", OF_ONE)
async def test_nobody_else_can_do_anything(name, told, others):
    before, data = await in_thread(state), await in_thread(data_for, name, told)
    for user in others:
        async with Socket() as socket:
            await socket.sign_in(user)
            refused = await socket.command(name, dict(data))
        answer = await in_thread(by_rest, user, BY_NAME[name], dict(data))

        assert (refused["type"], refused["code"]) == ("error", "not_found")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert SECRET not in json.dumps(refused) + answer.content.decode()
        assert await in_thread(state) == before


@pytest.mark.parametrize("name", OF_ONE)
async def test_the_owner_is_not_refused(name, told, owner):
    data = await in_thread(data_for, name, told)
    async with Socket() as socket:
        await socket.sign_in(owner)
        answer = await socket.command(name, data)

    # Some cannot be done while an answer is being made, and there is no such transcript.
    allowed = {"chat.attach": "not_found"}.get(name, "conflict")
    assert answer["type"] == "reply" or answer["code"] == allowed, answer


async def test_nobody_else_finds_or_follows_it(told, others):
    for user in others:
        async with Socket() as socket:
            await socket.sign_in(user)
            refused = await socket.subscribe(told.conversation.topic)
            listed = [(await socket.command(name, {}))["data"]["results"] for name in LISTS]
        listed += [(await in_thread(by_rest, user, BY_NAME[name], {})).json()["results"] for name in LISTS]

        assert (refused["type"], refused["code"]) == ("error", "not_found")
        assert listed == [[]] * 4


def test_the_topic_is_its_owners(told, owner, stranger):
    topics.authorize(owner, told.conversation.topic)
    with pytest.raises(AppError, match="not yours"):
        topics.authorize(stranger, told.conversation.topic)
