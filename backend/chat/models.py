"""Conversations with a model: a tree of messages of which one branch is shown, and the answers of the model."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import models

from backend.jobs.models import Job


class ConversationStatus(models.TextChoices):
    ACTIVE = "Active"
    DELETED = "Deleted"


class Conversation(models.Model):
    """`shown` is the last message of the branch that is shown. `next_order` is given to the next message, under the
    lock of this row. A title that its owner has written is never replaced by an automatic one. `draft` is what its
    owner is writing; `client_id` is the name that a program has given it, where one began it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    folded_title = models.CharField(max_length=400, blank=True)
    has_own_title = models.BooleanField(default=False)
    status = models.CharField(
        max_length=10, choices=ConversationStatus.choices, default=ConversationStatus.ACTIVE, db_index=True
    )
    model_version = models.CharField(max_length=100, blank=True)
    system_prompt = models.TextField(blank=True)
    temperature = models.FloatField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    draft = models.TextField(blank=True)
    client_id = models.CharField(max_length=100, blank=True)
    shown = models.ForeignKey("Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    next_order = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-updated_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "client_id"], condition=~models.Q(client_id=""), name="one_conversation_per_client_id"
            ),
        )

    @property
    def topic(self) -> str:
        return f"conversation:{self.pk}"


class Sender(models.TextChoices):
    USER = "user"
    AI = "ai"


class Message(models.Model):
    """One message. `parent` is the one before it: messages of one parent are alternatives. `order` counts the
    messages of a conversation as they were made; `reply_to` is what a user quotes.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    sender = models.CharField(max_length=4, choices=Sender.choices)
    content = models.TextField(blank=True)
    timestamp = models.DateTimeField()
    order = models.PositiveIntegerField()
    is_edited = models.BooleanField(default=False)
    is_deleted = models.BooleanField(default=False)
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies")

    class Meta:
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=["conversation", "order"], name="one_message_per_order"),)


class ResponseStatus(models.TextChoices):
    GENERATING = "Generating"
    COMPLETED = "Completed"
    ERROR = "Error"


class FinishReason(models.TextChoices):
    """Why an answer ended: by itself, at its longest, by a filter, by a user, by a fault, or with its worker."""

    STOP = "stop"
    LENGTH = "length"
    FILTER = "content_filter"
    STOPPED = "stopped"
    ERROR = "error"
    INTERRUPTED = "interrupted"


class AIResponse(models.Model):
    """The making of one message of the model, by one job.

    While it is made, `response_content` is its text as of the last save, and `saved_at` ({epoch, seq}) the event of
    its topic up to which that is so. `kept` is how many characters there were when the job began: more than none
    where somebody had it go on. `is_estimated` says that the upstream did not count the tokens, or has not yet. While
    a busy upstream is waited for, `retry_at` is when it is asked again, and the error says why.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="response")
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="response")
    response_content = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=ResponseStatus.choices, default=ResponseStatus.GENERATING)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=20, choices=FinishReason.choices, blank=True)
    engine = models.JSONField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    is_estimated = models.BooleanField(default=False)
    left_out = models.PositiveIntegerField(default=0, help_text="earlier messages that did not fit")
    retry_count = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.JSONField(null=True, blank=True)
    kept = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)


class AttachmentStatus(models.TextChoices):
    READING = "Reading"
    READY = "Ready"
    ERROR = "Error"


class Attachment(models.Model):
    """Text that the model may read: of a file, or of something that another part of Stentor holds (`reference`, as
    "transcript:<id>"). It belongs to the conversation from the message on that it was sent with; null: not sent yet.

    A file is read by `job`, and is on disk under the name `file` until then. `is_cut` says that its text is longer
    than what was kept.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="attachment")
    file = models.UUIDField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=10, choices=AttachmentStatus.choices, default=AttachmentStatus.READY)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    text = models.TextField(blank=True)
    characters = models.PositiveIntegerField(
        default=0, help_text="of the text, which is not loaded where none reads it"
    )
    is_cut = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)


def stored(file: UUID) -> Path:
    """Where an attached file is until it has been read."""
    return Path(settings.MEDIA_ROOT) / "attachments" / str(file)
