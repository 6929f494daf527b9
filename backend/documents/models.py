"""Documents: texts that people have brought, for models to read."""

from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models

from backend.jobs.models import Job


class DocumentStatus(models.TextChoices):
    READING = "reading"
    READY = "ready"
    ERROR = "error"


class DocumentSet(models.QuerySet["Document"]):
    def only(self, *fields: str) -> Self:
        # What `Documents` defers would be left out even where it is asked for.
        return super(DocumentSet, self.defer(None)).only(*fields)


class Documents(models.Manager["Document"]):
    """Documents without their texts, which may be long: each is loaded when somebody looks at it."""

    def get_queryset(self) -> DocumentSet:
        return DocumentSet(self.model, using=self._db).defer("text", "folded_text")


class Document(models.Model):
    """A text with the name by which other systems know it: `external_id`, one of its kind in a collection of its owner.

    A file is read by `job`, which may read many, and is on disk under the name `file` until then; where it replaces
    a text, `new_title` is the title that the document gets with it. `reference` says from what else in Stentor the
    text was taken, as "transcript:<id>". `is_cut` says that the text is longer than what was kept; `tokens` is an
    estimate, `size` that of the file in bytes.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="documents")
    collection = models.CharField(max_length=64)
    external_id = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.READING)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="documents")
    file = models.UUIDField(null=True, blank=True, editable=False)
    new_title = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    text = models.TextField(blank=True)
    folded_title = models.CharField(max_length=400, blank=True)
    folded_text = models.TextField(blank=True)
    characters = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    is_cut = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = Documents()

    class Meta:
        # So that whatever deletes the documents of a person does not read them all.
        base_manager_name = "objects"
        ordering = ("-created_at", "id")
        indexes = (models.Index(fields=["owner", "collection", "-created_at"], name="documents_of_collection"),)
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "collection", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_document_per_external_id",
            ),
        )


def stored(file: UUID) -> Path:
    """Where the file of a document is until it has been read."""
    return Path(settings.MEDIA_ROOT) / "documents" / str(file)
