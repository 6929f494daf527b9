"""The topics of this layer: `job:<id>`, and `user:<id>` with all of a user's jobs."""

from typing import Final
from uuid import UUID

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.jobs import kinds, services
from backend.jobs.models import Job
from backend.live.topics import Snapshot, TopicKind

NEWEST: Final = 50


def _may_read_job(user: User, ident: str) -> bool:
    try:
        job_id = UUID(ident)
    except ValueError:
        return False
    return services.readable_by(user).filter(pk=job_id).exists()


def _job(ident: str) -> Snapshot:
    job = Job.objects.select_related("owner").filter(pk=ident).first()
    if job is None:
        raise AppError("not_found", "The job was removed.")
    return Snapshot(services.describe(job))


def _is_user(user: User, ident: str) -> bool:
    return str(user.pk) == ident


def _jobs_of_user(ident: str) -> Snapshot:
    listed = Job.objects.filter(owner_id=int(ident)).exclude(kind__in=kinds.unlisted())
    newest = listed.select_related("owner")[:NEWEST]
    return Snapshot({"jobs": services.describe_many(newest)})


JOB = TopicKind("job", _may_read_job, _job, scope="jobs", events=("status", "progress", "rank"))
USER = TopicKind("user", _is_user, _jobs_of_user, scope="jobs", events=("job", "job_removed"))
