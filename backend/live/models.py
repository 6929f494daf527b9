"""What must survive a crash: events and task starts not yet sent, and answers to keyed commands."""

from django.conf import settings
from django.db import models


class OutboxRow(models.Model):
    """An event or a task start, written in the transaction of the change that caused it, deleted once it is sent."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=100, blank=True)
    event = models.CharField(max_length=50, blank=True)
    task = models.CharField(max_length=100, blank=True)
    payload = models.JSONField()
    fence = models.JSONField(null=True)
    restart = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (models.Index(fields=["topic", "id"]),)


class CommandAnswer(models.Model):
    """The first answer to a command with a key: the same key gets it again instead of a second effect."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=100)
    command = models.CharField(max_length=100)
    answer = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key"),)
