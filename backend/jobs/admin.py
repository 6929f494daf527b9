"""Jobs in the admin, and the dead letters with "run again"."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.jobs import services
from backend.jobs.models import DeadLetter, Job, Status


class _ReadOnly(admin.ModelAdmin[Any]):
    list_filter = ("kind", "queue", "status")
    search_fields = ("id", "title", "owner__username")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(_ReadOnly):
    list_display = ("id", "kind", "title", "owner", "status", "percent", "attempt", "created_at")


@admin.register(DeadLetter)
class DeadLetterAdmin(_ReadOnly):
    list_display = ("id", "kind", "title", "owner", "code", "attempt", "finished_at")
    actions = ("run_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).filter(status=Status.FAILED).select_related("owner")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("jobs.view_job")

    @admin.display(description="error")
    def code(self, job: Job) -> str:
        return f"{job.error['code']}: {job.error['message']}" if job.error else ""

    @admin.action(description="Run again", permissions=["view"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        jobs = list(queryset)
        for job in jobs:
            services.run_again(job.owner, job.id)
        messages.success(request, f"{len(jobs)} queued again.")
