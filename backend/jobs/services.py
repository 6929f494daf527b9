"""What people do with jobs: submit, watch, cancel, run again, share, remove."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.jobs import announcing, kinds
from backend.jobs.models import Job, Status
from backend.jobs.schemas import describe, describe_many
from backend.live import outbox
from backend.live.access import topic_access_changed
from backend.live.publish import publish

__all__ = [
    "cancel", "describe", "describe_many", "get_readable", "readable_by", "remove", "run_again", "share", "submit",
    "unshare",
]  # fmt: skip


@transaction.atomic
def submit(
    *, owner: User, kind: str, title: str, subject: str = "", viewers: Iterable[User] = (), job_id: UUID | None = None
) -> Job:
    """Queue a job; its task starts when the caller's transaction commits. `limit_reached` past the quota.

    A caller may choose the `job_id`, so as to name it in the `subject`.
    """
    waiting = Job.objects.filter(owner=owner, status=Status.QUEUED).count()
    if waiting >= settings.CONFIG.max_queued_jobs_per_user:
        raise AppError("limit_reached", f"You have {waiting} jobs waiting already.", retry_after_s=60)
    job_kind = kinds.find(kind)
    now = timezone.now()
    job = Job.objects.create(
        id=job_id or uuid4(),
        owner=owner,
        kind=kind,
        queue=job_kind.queue.value,
        title=title[:200],
        subject=subject,
        created_at=now,
        queued_at=now,
        sent_at=now,
        attempt_limit=job_kind.attempts,
    )
    job.viewers.set(viewers)
    outbox.enqueue(job_kind.task, job_id=str(job.id))
    announcing.changed(job)
    return job


@transaction.atomic
def cancel(user: User, job_id: UUID) -> Job:
    """End a job that waits or runs. Its worker is refused from now on and stops at its next step."""
    job = _lock_own(user, job_id)
    if job.status == Status.CANCELLED:
        return job
    if job.has_ended:
        raise AppError("conflict", f"The job has {job.status} already.")
    return end(job, Status.CANCELLED)


@transaction.atomic
def run_again(user: User, job_id: UUID) -> Job:
    """Queue a failed or cancelled job once more; it goes on from what it had stored."""
    job = _lock_own(user, job_id)
    if job.status not in (Status.FAILED, Status.CANCELLED):
        raise AppError("conflict", f"Only a failed or cancelled job can run again; this one is {job.status}.")
    return repeat(job)


def repeat(job: Job) -> Job:
    """Queue a locked job that has ended once more."""
    job.attempt_limit = job.attempt + kinds.find(job.kind).attempts
    job.finished_at = None
    if job.status == Status.COMPLETED:
        job.done = job.percent = 0.0
    requeue(job)
    return job


@transaction.atomic
def share(user: User, job_id: UUID, with_user: User) -> Job:
    """Let somebody else watch the job and its result."""
    job = _lock_own(user, job_id)
    if with_user.pk != job.owner_id:
        job.viewers.add(with_user)
    return job


@transaction.atomic
def unshare(user: User, job_id: UUID, with_user: User) -> Job:
    """Take that back; sockets of that person lose the topics at once."""
    job = _lock_own(user, job_id)
    job.viewers.remove(with_user)
    topic_access_changed(with_user)
    return job


@transaction.atomic
def remove(job: Job) -> None:
    """Delete a job, ending it first where it has not ended. One that somebody else has deleted stays so."""
    locked = Job.objects.select_for_update().filter(pk=job.pk).first()
    if locked is None:
        return
    if not locked.has_ended:
        end(locked, Status.CANCELLED)
    if kinds.find(locked.kind).listed:
        publish(f"user:{locked.owner_id}", "job_removed", {"id": str(locked.id)})
    locked.delete()


def readable_by(user: User) -> QuerySet[Job]:
    """The jobs that a user owns or was given to watch."""
    return Job.objects.filter(Q(owner=user) | Q(viewers=user)).select_related("owner").distinct()


def get_readable(user: User, job_id: UUID) -> Job:
    """The job, or `AppError("not_found")`: a job that is not yours to see does not exist for you."""
    try:
        return readable_by(user).get(pk=job_id)
    except ObjectDoesNotExist:
        raise _unknown() from None


def end(job: Job, status: Status, error: dict[str, Any] | None = None) -> Job:
    """Give a locked job its final state. The fence rises, so that nothing of its attempt is accepted after this."""
    job.status = status
    job.error = error
    job.fence += 1
    job.eta_s = None
    job.lease_until = job.retry_at = None
    job.finished_at = timezone.now()
    if status == Status.COMPLETED:
        job.percent = 100.0
    job.save()
    announcing.changed(job)
    kinds.find(job.kind).ended(job)
    return job


def requeue(job: Job, *, after_s: float = 0.0) -> None:
    """Put a locked job at the end of its queue; with `after_s` the sweeper starts it when the time has come."""
    now = timezone.now()
    job.status = Status.QUEUED
    job.error = job.eta_s = job.lease_until = None
    job.fence += 1
    job.queued_at = job.sent_at = now
    job.retry_at = now + timedelta(seconds=after_s) if after_s else None
    job.save()
    if not after_s:
        outbox.enqueue(kinds.find(job.kind).task, job_id=str(job.id))
    announcing.changed(job)


def _lock_own(user: User, job_id: UUID) -> Job:
    get_readable(user, job_id)
    job = Job.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=job_id).first()
    if job is None:
        raise _unknown()
    if job.owner_id != user.pk:
        raise AppError("forbidden", "Only its owner may change a job.")
    return job


def _unknown() -> AppError:
    return AppError("not_found", "There is no such job, or it is not yours to see.")
