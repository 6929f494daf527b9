"""Transcripts: what was said in a recording. Who may see one is a matter of its job, which has an owner and
viewers.
"""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from backend.jobs.models import Job


class Origin(models.TextChoices):
    UPLOAD = "upload"
    LIVE = "live"


class Transcript(models.Model):
    """A recording and its text. `job` is the newest work on it: its owner and viewers are those of the transcript.

    `revision` is the number of the text that is shown; `engine` ({name, model, reason}; null until the work has
    begun), `language` and `folded_text` are those of that revision. `folded_title` and `folded_text` are what a
    search looks at: databases differ in what they call upper case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="transcript")
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UPLOAD)
    revision = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    options = models.JSONField()
    language = models.CharField(max_length=8, blank=True)
    engine = models.JSONField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    media_type = models.CharField(max_length=50)
    has_audio = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)
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

    @property
    def frames(self) -> Path:
        """What a live recording has sent, there until it is stored as `source`."""
        return self.directory / "frames"

    @property
    def shown(self) -> "Revision":
        """The revision whose text is shown."""
        return self.revisions.get(number=self.revision)


class Recording(models.Model):
    """A transcript that is, or was, spoken live.

    `resume` is where another worker goes on after the last segment; `then` is what to do with the recording when it
    has ended, null: nothing.
    """

    transcript = models.OneToOneField(Transcript, on_delete=models.CASCADE, related_name="recording")
    encoding = models.CharField(max_length=10)
    sample_rate = models.PositiveIntegerField()
    resume = models.JSONField(null=True, blank=True)
    then = models.JSONField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)


class RevisionKind(models.TextChoices):
    LIVE = "live"
    BATCH = "batch"
    SPEAKERS = "speakers"


class Revision(models.Model):
    """One text of a recording, written by one job. Older ones are kept.

    `speakers` holds {label, name, merged_into}, `turns` who spoke when: {start, end, speaker}, one voice at a time;
    `overlapping` the same where voices may overlap. `diarizer` is {name, model, reason}.
    """

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="revisions")
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="revision")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=RevisionKind.choices)
    options = models.JSONField(default=dict)
    engine = models.JSONField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    is_cut = models.BooleanField(default=False)
    diarizer = models.JSONField(null=True, blank=True)
    speakers = models.JSONField(default=list)
    turns = models.JSONField(default=list)
    overlapping = models.JSONField(default=list)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["transcript", "number"], name="one_revision_per_number"),)

    @property
    def is_shown(self) -> bool:
        return self.number == self.transcript.revision


class Chunk(models.Model):
    """A piece of the recording, heard in one go. Stored before the first is heard, so that every attempt at
    the job uses the same cut; `heard` with its segments.
    """

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField(help_text="in samples of 1/16000 s")
    end = models.PositiveBigIntegerField()
    heard = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["revision", "number"], name="one_chunk_per_number"),)


class Segment(models.Model):
    """A piece of text with its times in seconds. `words` holds {w, s, e, p}: text, start, end, probability; where
    the speakers are known also `speaker`, `share` (of the word's time that is theirs) and `overlap` (two voices).

    `version` counts the edits; `SegmentVersion` keeps what was there before each.
    """

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveIntegerField()
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    confidence = models.FloatField()
    words = models.JSONField()
    speaker = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["revision", "number"], name="one_segment_per_number"),)


class SegmentVersion(models.Model):
    """What a segment was before an edit, and who replaced it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    words = models.JSONField()
    speaker = models.CharField(max_length=20, blank=True)
    replaced_by = models.CharField(max_length=150)
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["segment", "number"], name="one_version_per_number"),)
