"""The tasks of `batch_queue`."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.jobs.running import NotClaimed, running
from backend.speech.services import transcribing


@shared_task(name=Task.TRANSCRIBE.value)
def transcribe(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        transcribing.run(run)
