"""The tasks of `prompts_queue`."""

from celery import shared_task

from backend.core.queues import Task
from backend.jobs import serving
from backend.prompts.services import working


@shared_task(name=Task.RUN_BATCH.value)
def run_batch(job_id: str) -> None:
    serving.do_next(Task.RUN_BATCH, working.work)
