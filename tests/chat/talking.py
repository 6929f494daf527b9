"""How tests talk: commands by name, answers without a worker or by what it does, and what was told."""

import pytest
from django.db import transaction

from backend.chat.models import AIResponse, ResponseStatus
from backend.chat.services import answering, generating
from backend.core.errors import AppError
from backend.jobs.running import running
from backend.live import commands, topics


def run(command: str, user, /, **data):
    return commands.execute(commands.find(command), user, data, scopes=None)


def refused(command: str, user, /, **data) -> str:
    with pytest.raises(AppError) as error:
        run(command, user, **data)
    return error.value.code


def finish(message_id: int, text: str = "An answer.") -> None:
    """End the answer behind a message, as its worker would."""
    response = AIResponse.objects.get(message__parent=message_id, status=ResponseStatus.GENERATING)
    with transaction.atomic():
        answering.end(response, "stop", text=text)


def say(user, conversation, content: str, **data) -> dict:
    said = run("chat.send", user, conversation_id=conversation.pk, content=content, **data)
    finish(said["id"])
    return said


def response_to(message) -> AIResponse:
    return AIResponse.objects.select_related("message__conversation", "job").get(message__parent=message)


def work(message) -> AIResponse:
    """What the task does."""
    with running(response_to(message).job_id) as run:
        generating.run(run)
    return response_to(message)


def deltas(response, read_log) -> list[dict]:
    events = read_log(response.message.conversation.topic)
    return [event["data"] for event in events if event["event"] == "delta"]


def whole(message) -> dict:
    return topics.snapshot(message.conversation.topic).data["messages"][-1]
