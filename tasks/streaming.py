"""The tasks of `streaming_queue`."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.jobs.running import NotClaimed, running
from backend.speech.services.recordings import listening


# Acknowledged at once: a recording may outlast the broker's patience, and lives by its lease.
@shared_task(name=Task.LISTEN.value, acks_late=False)
def listen(job_id: str) -> None:
    with suppress(NotClaimed), running(job_id) as run:
        listening.run(run)
