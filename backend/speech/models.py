"""Transcripts: what was said in a recording. Who may see one is a matter of its job, which has an owner and
viewers.
"""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from backend.jobs.models import Job


class Transcript(models.Model):
    """A recording and its text. `engine` says who heard it: {name, model, reason}; null until the work has
    begun.

    `folded_title` and `folded_text` are what a search looks at: databases differ in what they call upper
    case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="transcript")
    title = models.CharField(max_length=200)
    options = models.JSONField()
    language = models.CharField(max_length=8, blank=True)
    engine = models.JSONField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    media_type = models.CharField(max_length=50)
    note = models.CharField(max_length=200, blank=True)
    is_cut = models.BooleanField(default=False)
    folded_title = models.CharField(max_length=400)
    folded_text = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-created_at",)

    @property
    def topic(self) -> str:
        return f"transcript:{self.id}"

    @property
    def directory(self) -> Path:
        """Where the files of this transcript are; nothing else is there."""
        return Path(settings.MEDIA_ROOT) / str(self.id)

    @property
    def source(self) -> Path:
        return self.directory / "source"

    @property
    def samples(self) -> Path:
        """The decoded sound, there only while the work needs it."""
        return self.directory / "samples.pcm"


class Chunk(models.Model):
    """A piece of the recording, heard in one go. Stored before the first is heard, so that every attempt at
    the job uses the same cut; `heard` with its segments.
    """

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField(help_text="in samples of 1/16000 s")
    end = models.PositiveBigIntegerField()
    heard = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["transcript", "number"], name="one_chunk_per_number"),)


class Segment(models.Model):
    """A piece of text with its times in seconds. `words` holds {w, s, e, p}: text, start, end, probability."""

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    confidence = models.FloatField()
    words = models.JSONField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["transcript", "number"], name="one_segment_per_number"),)
