"""The tasks of `documents_queue`."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.documents.services import reading
from backend.jobs import turns
from backend.jobs.running import NotClaimed, is_stopping, running


@shared_task(name=Task.READ_DOCUMENTS.value)
def read(job_id: str) -> None:
    """Do whatever reading is next, as long as there is any: users take turns, so that it may be another job that was
    sent for.
    """
    for next_id in turns.due(reading.KIND):
        if is_stopping():
            return
        with suppress(NotClaimed), running(next_id) as run:
            reading.read(run)
