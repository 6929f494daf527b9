"""What a worker process does when it starts and when it is told to stop."""

import signal
from typing import Any

from celery.signals import worker_process_init, worker_shutting_down

from backend.core.stack.lineage import die_with_parent
from backend.jobs.running import worker_stopping


@worker_process_init.connect
def _end_with_the_parent(**_: Any) -> None:
    # Otherwise the child of a killed worker would work on until its task ends, for nothing: its claim is lost.
    die_with_parent(signal.SIGKILL)


@worker_shutting_down.connect
def _hand_jobs_back(**_: Any) -> None:
    """Running jobs go back to their queues at their next step, so that a deployment waits for no long job."""
    worker_stopping()
