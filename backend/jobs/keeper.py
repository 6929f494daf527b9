"""The thread beside a running job: keeps its lease alive and sends its progress, coalesced."""

import threading
import time
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from backend.jobs import announcing, kinds
from backend.jobs.errors import ClaimLost
from backend.jobs.models import Job, Status
from backend.jobs.progress import Progress

# A lease is renewed so many times before it would run out.
RENEWALS: Final = 4
REPORT_S: Final = 0.2
CHECK_S: Final = 0.2

log = structlog.get_logger(__name__)


class Keeper:
    """Each progress report is saved in the row before it is published, so that a snapshot is never behind events."""

    def __init__(self, job: Job) -> None:
        self.progress = Progress(percent=job.percent)
        self._job = job
        self._lease = kinds.find(job.kind).lease
        self._renew_s = self._lease.total_seconds() / RENEWALS
        self._lock = threading.Lock()
        self._pending = False
        self._lost = False
        self._end = threading.Event()
        self._wake = threading.Event()
        self._renewed = self._checked = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name=f"keeper-{job.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send the last report and end the thread."""
        self._end.set()
        self._wake.set()
        self._thread.join()

    def report(self, done: float, total: float, stage: str, unit: str) -> None:
        with self._lock:
            self.progress.update(done, total, stage, unit, time.monotonic())
            self._pending = True
        self._wake.set()

    def check_claim(self) -> None:
        """Raise `ClaimLost` when the job is no longer this attempt's; asks the database at most 5 times a second.

        Renews the lease too: the step that follows may be one that lets no other thread run for seconds.
        """
        now = time.monotonic()
        if not self._lost and now - self._checked >= CHECK_S:
            if now - self._renewed >= self._renew_s / 2:
                self._renew()
            else:
                self._lost = not self._mine().exists()
            self._checked = now
        if self._lost:
            raise ClaimLost

    def _mine(self) -> QuerySet[Job]:
        return Job.objects.filter(pk=self._job.pk, fence=self._job.fence, status=Status.STARTED)

    def _keep(self) -> None:
        try:
            while not self._end.is_set():
                self._wake.wait(timeout=self._renew_s)
                self._wake.clear()
                self._work()
                self._end.wait(timeout=REPORT_S)
            self._work()
        finally:
            connection.close()

    def _work(self) -> None:
        try:
            if self._pending:
                self._send()
            if time.monotonic() - self._renewed >= self._renew_s:
                self._renew()
        except (OperationalError, InterfaceError, RedisError) as error:
            # An outage: the next round tries again, and when it lasts the lease runs out.
            self._pending = True
            log.warning("keeper_waits", error=type(error).__name__)

    def _send(self) -> None:
        with self._lock:
            self._pending = False
            job, progress = self._job, self.progress
            job.stage, job.unit = progress.stage, progress.unit
            job.done, job.total = round(progress.done, 2), round(progress.total, 2)
            job.percent = round(progress.percent, 1)
            job.eta_s = None if progress.eta_s is None else round(progress.eta_s, 1)
        saved = self._mine().update(
            stage=job.stage, unit=job.unit, done=job.done, total=job.total, percent=job.percent, eta_s=job.eta_s
        )
        self._lost = not (saved and announcing.progressed(job))

    def _renew(self) -> None:
        renewed = self._mine().update(lease_until=timezone.now() + self._lease)
        self._lost = not renewed
        self._renewed = time.monotonic()
