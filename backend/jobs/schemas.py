"""A job as clients see it: the same data in REST answers, events and snapshots."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from backend.jobs.models import Job, Status
from backend.jobs.turns import in_turn


class JobError(BaseModel):
    code: str
    message: str


class JobOut(BaseModel):
    id: UUID
    kind: str
    title: str
    subject: str
    status: Status
    stage: str
    done: float
    total: float
    unit: str
    percent: float
    eta_s: float | None
    queue: str
    queue_rank: int
    attempt: int
    fence: int
    error: JobError | None
    owner: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_PLAIN = tuple(name for name in JobOut.model_fields if name not in {"queue_rank", "owner"})


def describe(job: Job, rank: int | None = None) -> dict[str, Any]:
    """The job as JSON-compatible data. `rank` is its place in the queue where the caller knows it already."""
    if job.status != Status.QUEUED:
        rank = -1
    elif rank is None:
        rank = ranks_of([job])[job.id]
    values = {name: getattr(job, name) for name in _PLAIN}
    return JobOut(**values, queue_rank=rank, owner=job.owner.username).model_dump(mode="json")


def describe_many(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    rows = list(jobs)
    ranks = ranks_of(rows)
    return [describe(job, ranks.get(job.id, -1)) for job in rows]


def ranks_of(jobs: Iterable[Job]) -> dict[UUID, int]:
    """Places 1, 2, 3 … in their queues of those jobs that wait, with one query for each queue."""
    waiting = [job for job in jobs if job.status == Status.QUEUED]
    if not waiting:
        return {}
    ranks = {job.id: -1 for job in waiting}
    for queue in {job.queue for job in waiting}:
        for rank, job_id in enumerate(in_turn(queue).values_list("id", flat=True).iterator(), start=1):
            if job_id in ranks:
                ranks[job_id] = rank
    return ranks
