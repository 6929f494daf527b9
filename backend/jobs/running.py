"""The life of a job inside a worker: claim, lease, fence, progress, and how it ends.

with suppress(NotClaimed), running(job_id) as run:
    do_the_work(run)
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.sharedctypes import RawValue
from types import TracebackType
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError

from backend.core.errors import AppError
from backend.jobs import announcing, kinds
from backend.jobs.errors import ClaimLost, NotClaimed, TryLater, WorkerStopping
from backend.jobs.keeper import Keeper
from backend.jobs.models import Job, Status
from backend.jobs.services import end, requeue
from backend.live import publish
from backend.live.log import Entry, Fence

__all__ = ["NotClaimed", "Run", "is_stopping", "running", "worker_stopping"]

# What the outside world does to us and undoes again: worth another attempt.
TRANSIENT: Final = (OperationalError, InterfaceError, RedisError)

log = structlog.get_logger(__name__)

# Shared with the children of a prefork worker, which never see the signal that their parent got.
_stopping = RawValue("b", 0)


def worker_stopping() -> None:
    """Called in the worker's parent when it begins to shut down: running jobs go back to their queues."""
    _stopping.value = 1


def is_stopping() -> bool:
    """Whether this worker shuts down: it takes no further job."""
    return bool(_stopping.value)


class Run:
    """What the work of one attempt may do. Not for use by several threads, except `progress` and `publish_now`."""

    def __init__(self, job: Job, keeper: Keeper) -> None:
        self.job = job
        self.fence = job.fence
        self._keeper = keeper

    def stages(self, weights: Mapping[str, float]) -> None:
        """Name the stages in order, each with its usual share of the time."""
        self._keeper.progress.weights = dict(weights)

    def progress(self, done: float, total: float, *, stage: str, unit: str = "") -> None:
        """Report progress within a stage. Cheap: what comes too fast is coalesced, the last report is always sent."""
        self._keeper.report(done, total, stage, unit)

    def raise_if_cancelled(self) -> None:
        """End the work here when the job was cancelled, given to another worker, or the worker shuts down."""
        if _stopping.value:
            raise WorkerStopping
        self._keeper.check_claim()

    @contextmanager
    def guarded(self) -> Iterator[Job]:
        """A transaction that holds the claim: what it writes is written by the current attempt or not at all."""
        with transaction.atomic():
            yield self._lock()

    def publish(self, topic: str, event: str, data: Mapping[str, Any], *, restart: bool = False) -> None:
        """Publish with the transaction of `guarded`."""
        publish.publish(topic, event, data, fence=self._fence(), restart=restart)

    def publish_now(self, topic: str, event: str, data: Mapping[str, Any], *, replaces: str = "") -> Entry | None:
        """Publish at once; None when this attempt has been overtaken."""
        return publish.publish_now(topic, event, data, fence=self._fence(), replaces=replaces)

    def _fence(self) -> Fence:
        return Fence(self.fence, scope=str(self.job.id))

    def _lock(self) -> Job:
        jobs = Job.objects.select_for_update(of=("self",)).select_related("owner")
        job = jobs.filter(pk=self.job.pk, fence=self.fence, status=Status.STARTED).first()
        if job is None:
            raise ClaimLost
        return job


class running:  # noqa: N801 (reads as a statement)
    """Claim a waiting job for the length of a `with` block; raises `NotClaimed` where there is nothing to claim.

    At the end of the block the job is completed. `JobFailed` and other `AppError`s fail it with their code,
    `TryLater` and outages of database or Redis put it back while attempts are left, any other exception fails it
    with the code `internal` and is logged.
    """

    def __init__(self, job_id: UUID | str) -> None:
        self._job_id = job_id

    def __enter__(self) -> Run:
        job = _claim(self._job_id)
        structlog.contextvars.bind_contextvars(job=str(job.id), attempt=job.attempt)
        log.info("job_started", kind=job.kind)
        self._keeper = Keeper(job)
        self._run = Run(job, self._keeper)
        self._keeper.start()
        return self._run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._keeper.stop()
        try:
            return _settle(self._run, error)
        finally:
            structlog.contextvars.unbind_contextvars("job", "attempt")


@transaction.atomic
def _claim(job_id: UUID | str) -> Job:
    now = timezone.now()
    kind = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    if kind is None:
        raise NotClaimed(str(job_id))
    claimed = Job.objects.filter(pk=job_id, status=Status.QUEUED).update(
        status=Status.STARTED,
        fence=F("fence") + 1,
        attempt=F("attempt") + 1,
        started_at=now,
        lease_until=now + kinds.find(kind).lease,
        retry_at=None,
    )
    if not claimed:
        raise NotClaimed(str(job_id))
    job = Job.objects.select_related("owner").get(pk=job_id)
    announcing.changed(job)
    return job


def _settle(run: Run, error: BaseException | None) -> bool:
    """Bring the job to the state that the end of its work calls for; True when the exception is dealt with."""
    if isinstance(error, ClaimLost):
        log.info("job_overtaken")
        return True
    if error is not None and not isinstance(error, Exception):
        return False  # the process is being ended: the lease runs out and another worker takes over
    try:
        with run.guarded() as job:
            _conclude(job, error)
    except ClaimLost:
        log.info("job_overtaken")
    return True


def _conclude(job: Job, error: Exception | None) -> None:
    match error:
        case None:
            end(job, Status.COMPLETED)
            log.info("job_completed")
        case WorkerStopping():
            job.attempt_limit += 1  # a deployment is not the job's fault
            requeue(job)
            log.info("job_handed_back")
        case TryLater():
            _retry(job, error)
        case AppError():
            _fail(job, error)
        case _ if isinstance(error, TRANSIENT):
            _retry(job, TryLater("unavailable", "The database or Redis did not answer."))
        case _:
            log.error("job_crashed", exc_info=error)
            _fail(job, AppError("internal", "The work ended with an unexpected error."))


def _retry(job: Job, error: TryLater) -> None:
    if job.attempt >= job.attempt_limit:
        _fail(job, error)
        return
    delay_s = error.delay_s(job.attempt)
    requeue(job, after_s=delay_s)
    log.warning("job_retries", code=error.code, after_s=delay_s)


def _fail(job: Job, error: AppError) -> None:
    found: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.retry_after_s is not None:
        found["retry_after_s"] = error.retry_after_s
    end(job, Status.FAILED, found)
    log.warning("job_failed", code=error.code)
