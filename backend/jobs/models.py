"""Jobs: everything that takes time."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Status(models.TextChoices):
    QUEUED = "queued"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Job(models.Model):
    """A unit of heavy work. `done` of `total` (in `unit`) is the progress of `stage`, `percent` that of the whole.

    `fence` rises with every claim and every end: what carries a lower one is refused. `attempt` counts tries.
    A started job whose `lease_until` has passed has lost its worker.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    viewers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="shared_jobs", blank=True)
    queue = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    subject = models.CharField(max_length=100, blank=True)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    stage = models.CharField(max_length=40, blank=True)
    done = models.FloatField(default=0)
    total = models.FloatField(default=0)
    unit = models.CharField(max_length=20, blank=True)
    percent = models.FloatField(default=0)
    eta_s = models.FloatField(null=True)
    error = models.JSONField(null=True, blank=True)

    attempt = models.PositiveIntegerField(default=0)
    attempt_limit = models.PositiveIntegerField(default=3)
    fence = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    retry_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["queue", "queued_at"], condition=Q(status="queued"), name="jobs_waiting"),
            models.Index(fields=["lease_until"], condition=Q(status="started"), name="jobs_leases"),
            models.Index(fields=["owner", "-created_at"], name="jobs_of_owner"),
            models.Index(fields=["owner", "queue"], condition=Q(status="started"), name="jobs_running"),
            models.Index(fields=["owner", "queue", "-finished_at"], name="jobs_ended"),
        )

    @property
    def topic(self) -> str:
        return f"job:{self.id}"

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


class DeadLetter(Job):
    """The failed jobs, as the admin lists them."""

    class Meta:
        proxy = True
        verbose_name = "dead letter"
