"""The tasks of `prompts_queue` that read documents."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.documents.services import reading
from backend.jobs.running import NotClaimed, running


@shared_task(name=Task.READ_DOCUMENTS.value)
def read(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        reading.read(run)
