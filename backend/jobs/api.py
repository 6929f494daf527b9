"""Jobs by REST: the list, and the commands for REST and socket alike."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.jobs import kinds, services
from backend.jobs.models import Job
from backend.jobs.schemas import JobOut
from backend.live.commands import Command, Input


class OneJob(Input):
    job_id: UUID


def _get(user: User, data: OneJob) -> dict[str, Any]:
    return services.describe(services.get_readable(user, data.job_id))


def _cancel(user: User, data: OneJob) -> dict[str, Any]:
    return services.describe(services.cancel(user, data.job_id))


def _run_again(user: User, data: OneJob) -> dict[str, Any]:
    return services.describe(services.run_again(user, data.job_id))


COMMANDS: Final = (
    Command("job.get", OneJob, _get, "GET", "api/jobs/<uuid:job_id>", "jobs", output=JobOut, summary="One job"),
    Command(
        "job.cancel", OneJob, _cancel, "POST", "api/jobs/<uuid:job_id>/cancel", "jobs", output=JobOut,
        summary="Cancel a waiting or running job",
    ),
    Command(
        "job.run_again", OneJob, _run_again, "POST", "api/jobs/<uuid:job_id>/run-again", "jobs", output=JobOut,
        summary="Queue a failed or cancelled job once more",
    ),
)  # fmt: skip


@extend_schema(responses=JobOut, summary="The jobs that you own or may watch, newest first")
class JobList(generics.ListAPIView):  # type: ignore[type-arg]
    scope = "jobs"
    filterset_fields = ("status", "kind", "queue")

    def get_queryset(self) -> QuerySet[Job]:
        if not isinstance(self.request.user, User):
            return Job.objects.none()
        found = services.readable_by(self.request.user)
        return found if "kind" in self.request.query_params else found.exclude(kind__in=kinds.unlisted())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(services.describe_many(page))
