"""Jobs whose worker or message was lost, found by the sweeper every few seconds."""

from datetime import timedelta
from itertools import islice
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from backend.core import queues
from backend.core.queues import Queue
from backend.jobs import announcing, kinds, turns
from backend.jobs.models import Job, Status
from backend.jobs.services import end, requeue
from backend.live import outbox

# A message that has not led to a claim for so long, while nothing else waits, is taken for lost.
MESSAGE_LOST_AFTER: Final = timedelta(seconds=10)
BATCH: Final = 200

log = structlog.get_logger(__name__)


def recover() -> None:
    """Hand on what lost its worker, start what waits for its time, send again what lost its message."""
    now = timezone.now()
    for job_id in _ids(Job.objects.filter(status=Status.STARTED, lease_until__lt=now)):
        _hand_on(job_id)
    for job_id in _ids(Job.objects.filter(status=Status.QUEUED, retry_at__lte=now)):
        _send(job_id)
    for job_id in _lost_messages():
        _send(job_id)
    for queue in Job.objects.filter(status=Status.QUEUED).order_by().values_list("queue", flat=True).distinct():
        announcing.announce_ranks(queue)


@transaction.atomic
def _hand_on(job_id: UUID) -> None:
    job = _lock(job_id, Q(status=Status.STARTED, lease_until__lt=timezone.now()))
    if job is None:
        return
    log.warning("worker_lost", job=str(job_id), attempt=job.attempt)
    if kinds.find(job.kind).repeatable and job.attempt < job.attempt_limit:
        requeue(job)
    else:
        end(job, Status.FAILED, {"code": "worker_lost", "message": "The worker was lost while it did this job."})


@transaction.atomic
def _send(job_id: UUID) -> None:
    job = _lock(job_id, Q(status=Status.QUEUED))
    if job is not None:
        job.retry_at = None
        job.sent_at = timezone.now()
        job.save(update_fields=["retry_at", "sent_at"])
        outbox.enqueue(kinds.find(job.kind).task, job_id=str(job.id))


def _lost_messages() -> list[UUID]:
    """Waiting jobs that were sent a while ago, where their queue is empty or a later job was started before them.

    Where users take turns only the next one of a task: whoever has done that sends for the one behind it.
    """
    in_turns = {kind.task for kind in kinds.taking_turns()}
    names = [kind.name for task in in_turns for kind in kinds.of(task)]
    later = Job.objects.filter(
        queue=OuterRef("queue"), queued_at__gt=OuterRef("queued_at"), started_at__gt=OuterRef("queued_at")
    )
    stale = Job.objects.filter(status=Status.QUEUED, retry_at=None, sent_at__lt=timezone.now() - MESSAGE_LOST_AFTER)
    in_order = stale.exclude(kind__in=names).annotate(overtaken=Exists(later)).order_by("queued_at")
    rows = list(in_order.values_list("id", "queue", "overtaken")[:BATCH])
    next_ones = [job_id for task in in_turns for job_id in islice(turns.due(task), 1)]
    rows += [(job.id, job.queue, False) for job in stale.filter(pk__in=next_ones)]
    try:
        empty = {queue for queue in {row[1] for row in rows} if queues.waiting(Queue(queue)) == 0}
    except queues.BrokerUnavailable:
        return []
    return [job_id for job_id, queue, overtaken in rows if overtaken or queue in empty]


def _ids(jobs: QuerySet[Job]) -> list[UUID]:
    return list(jobs.values_list("id", flat=True)[:BATCH])


def _lock(job_id: UUID, condition: Q) -> Job | None:
    jobs = Job.objects.select_for_update(of=("self",)).select_related("owner")
    return jobs.filter(condition, pk=job_id).first()
