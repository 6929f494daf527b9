"""The tasks of `documents_queue`."""

from celery import shared_task

from backend.core.queues import Task
from backend.documents.services import reading
from backend.jobs import serving


@shared_task(name=Task.READ_DOCUMENTS.value)
def read(job_id: str) -> None:
    serving.do_next(Task.READ_DOCUMENTS, reading.read)
