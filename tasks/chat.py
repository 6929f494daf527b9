"""The tasks of `chat_queue`."""

from contextlib import suppress

from celery import shared_task

from backend.chat.services import files, generating
from backend.core.queues import Task
from backend.jobs.running import NotClaimed, running


@shared_task(name=Task.ANSWER.value)
def answer(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        generating.run(run)


@shared_task(name=Task.READ_ATTACHMENT.value)
def read_attachment(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        files.read(run)
