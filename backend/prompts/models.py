"""Batches of prompts over documents: a table with a row for each document and a column for each prompt."""

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import models

from backend.documents.models import Document
from backend.jobs.models import Job


class Source(models.TextChoices):
    """What the rows of a batch are: documents, or requests of a file as OpenAI's clients send them."""

    DOCUMENTS = "documents"
    REQUESTS = "requests"


class RequestFile(models.Model):
    """A file of requests, one JSON object a line, that was uploaded by a client of OpenAI's API."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="request_files")
    filename = models.CharField(max_length=200)
    purpose = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "id")

    @property
    def path(self) -> Path:
        return Path(settings.MEDIA_ROOT) / "requests" / str(self.pk)


class Batch(models.Model):
    """The work of one job: each prompt over each document. Its id is that of the job.

    `prompts` is a list of `{"name", "value"}`, the columns; a batch of requests has one column that is called
    "response". `done` and `failed` count the cells that have ended, tokens and `cost` what these have taken; `cost` is
    null where nobody knows the prices. `version` rises with every change of a cell. While a busy server is waited for,
    `busy_until` says until when. A preview is thrown away with the next one.
    """

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="batch")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.DOCUMENTS)
    is_preview = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    folded_title = models.CharField(max_length=400, blank=True)
    prompts = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=100, blank=True)
    system_prompt = models.TextField(blank=True)
    temperature = models.FloatField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    engine = models.JSONField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)
    cost = models.FloatField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    # What only batches of requests have. Their file may be deleted after them; they go on telling its id.
    request_file = models.ForeignKey(
        RequestFile, on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="batches"
    )
    metadata = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "job_id")

    @property
    def topic(self) -> str:
        return f"batch:{self.job_id}"

    @property
    def cell_count(self) -> int:
        return self.row_count * len(self.prompts)

    @property
    def directory(self) -> Path:
        """Where the files of its results are kept."""
        return Path(settings.MEDIA_ROOT) / "batches" / str(self.job_id)


class Row(models.Model):
    """One row: a document, with the names that it had when the batch began, or a request with its body.

    `external_id` is the `custom_id` of a request.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    document = models.ForeignKey(Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    collection = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    folded_title = models.CharField(max_length=700, blank=True)
    request = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=["batch", "position"], name="one_row_per_position"),)


class CellStatus(models.TextChoices):
    DONE = "done"
    FAILED = "failed"


class Cell(models.Model):
    """The outcome of one prompt over one document; there is none before it has ended.

    `parts` is into how many pieces the document was split because it is longer than the model's context, 1 where it
    was not. `tries` counts how often the model was asked; tokens are those of all tries.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="cells")
    row = models.PositiveIntegerField()
    column = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=CellStatus.choices)
    text = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=20, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)
    parts = models.PositiveIntegerField(default=1)
    tries = models.PositiveIntegerField(default=1)
    took_s = models.FloatField(default=0)
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ("row", "column")
        constraints = (models.UniqueConstraint(fields=["batch", "row", "column"], name="one_outcome_per_cell"),)


class TokensUsed(models.Model):
    """The tokens that all batches of a user have used on a day of UTC, also those that are deleted by now."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "day"], name="one_count_per_owner_and_day"),)
