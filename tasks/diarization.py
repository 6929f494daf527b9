"""The tasks of `diarization_queue`."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.jobs.running import NotClaimed, running
from backend.speech.services import diarizing


@shared_task(name=Task.DIARIZE.value)
def diarize(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        diarizing.run(run)
