"""`default` queue: what beat starts."""

from celery import shared_task

from backend.core.queues import Task
from backend.jobs import recovery
from backend.live import outbox, retention
from backend.prompts.services import batches, usage
from backend.speech.services import retention as speech_retention


@shared_task(name=Task.SWEEP.value, acks_late=False)
def sweep() -> None:
    """Send what crashes left in the outbox, and hand on jobs whose worker or message was lost."""
    outbox.sweep()
    recovery.recover()


@shared_task(name=Task.PURGE.value, acks_late=False)
def purge() -> None:
    """Drop answers to keyed commands that nobody will ask for again, and what the settings keep no longer."""
    retention.purge()
    speech_retention.purge()
    batches.purge()
    usage.purge()
