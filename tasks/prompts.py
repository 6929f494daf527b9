"""The tasks of `prompts_queue` that run batches."""

from contextlib import suppress

from celery import shared_task

from backend.core.queues import Task
from backend.jobs import turns
from backend.jobs.models import Job
from backend.jobs.running import NotClaimed, is_stopping, running
from backend.prompts.services import working


@shared_task(name=Task.RUN_BATCH.value)
def run_batch(job_id: str) -> None:
    """Run whatever batches are next, as long as there are any: users take turns, so that it may be another one that
    was sent for.
    """
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    for next_id in turns.due(kind) if kind else ():
        if is_stopping():
            return
        with suppress(NotClaimed), running(next_id) as run:
            working.work(run)
