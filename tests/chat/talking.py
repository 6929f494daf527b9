"""How tests talk: commands by name, and answers without a worker."""

import pytest
from django.db import transaction

from backend.chat.models import AIResponse, ResponseStatus
from backend.chat.services import answering
from backend.core.errors import AppError
from backend.live import commands


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
