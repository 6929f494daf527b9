"""What people and workers do in the tests of documents."""

import pytest

from backend.core.errors import AppError
from backend.documents.models import Document
from backend.documents.services import reading
from backend.jobs.models import Job
from backend.jobs.running import running
from backend.live import commands


def run(command: str, user, /, **data):
    return commands.execute(commands.find(command), user, data, scopes=None)


def refusal(command: str, user, /, **data) -> AppError:
    with pytest.raises(AppError) as error:
        run(command, user, **data)
    return error.value


def refused(command: str, user, /, **data) -> str:
    return refusal(command, user, **data).code


def add(user, text: str = "A text.", **data) -> dict:
    return run("document.add_text", user, **{"title": "A title", "text": text, **data})


def work(answer: dict) -> Job:
    """What the task does with the job of an upload."""
    with running(answer["job"]["id"]) as attempt:
        reading.read(attempt)
    return Job.objects.get(pk=answer["job"]["id"])


def stored(described: dict) -> Document:
    return Document.objects.get(pk=described["id"])
