"""How a task serves a queue where users take turns: one job for each message, and a message for whoever is next."""

from collections.abc import Callable
from itertools import islice

from backend.core.queues import Task
from backend.jobs import turns
from backend.jobs.running import NotClaimed, Run, is_stopping, running
from backend.live import outbox


def do_next(task: Task, work: Callable[[Run], None]) -> None:
    """Do the job whose turn it is, whichever the message of `task` was about, and send for the next one.

    A message whose job has to wait, because enough of its owner's run, is spent in vain. So each job that has ended
    sends another one; it goes to the end of the queue, so that no kind of work keeps the worker to itself.
    """
    if not is_stopping() and _do_one(task, work):
        for job_id in islice(turns.due(task), 1):
            outbox.enqueue(task, job_id=str(job_id))


def _do_one(task: Task, work: Callable[[Run], None]) -> bool:
    """Whether there was one."""
    for job_id in turns.due(task):
        try:
            with running(job_id) as run:
                work(run)
        except NotClaimed:
            continue  # another worker was faster
        return True
    return False
