import django.db.models.deletion
from django.db import migrations, models


def give_revisions(apps, schema_editor):
    """What was written so far is the first revision of each transcript."""
    Transcript = apps.get_model("speech", "Transcript")
    Revision = apps.get_model("speech", "Revision")
    Chunk = apps.get_model("speech", "Chunk")
    Segment = apps.get_model("speech", "Segment")
    for transcript in Transcript.objects.select_related("job").iterator():
        revision = Revision.objects.create(
            transcript=transcript,
            job=transcript.job,
            number=1,
            kind="batch",
            options=transcript.options,
            engine=transcript.engine,
            language=transcript.language,
            is_cut=transcript.is_cut,
            created_at=transcript.created_at,
            finished_at=transcript.job.finished_at,
        )
        Chunk.objects.filter(transcript=transcript).update(revision=revision)
        Segment.objects.filter(transcript=transcript).update(revision=revision)


def _key(to, name, null=False):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to=to, null=null)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("speech", "0001_initial")]

    operations = [
        migrations.AddField(
            "transcript",
            "origin",
            models.CharField(choices=[("upload", "Upload"), ("live", "Live")], default="upload", max_length=10),
        ),
        migrations.AddField("transcript", "revision", models.PositiveIntegerField(default=1)),
        migrations.AddField("transcript", "has_audio", models.BooleanField(default=True)),
        migrations.CreateModel(
            name="Recording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("encoding", models.CharField(max_length=10)),
                ("sample_rate", models.PositiveIntegerField()),
                ("resume", models.JSONField(blank=True, null=True)),
                ("then", models.JSONField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "transcript",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="recording", to="speech.transcript"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("live", "Live"), ("batch", "Batch"), ("speakers", "Speakers")], max_length=10
                    ),
                ),
                ("options", models.JSONField(default=dict)),
                ("engine", models.JSONField(blank=True, null=True)),
                ("language", models.CharField(blank=True, max_length=8)),
                ("is_cut", models.BooleanField(default=False)),
                ("diarizer", models.JSONField(blank=True, null=True)),
                ("speakers", models.JSONField(default=list)),
                ("turns", models.JSONField(default=list)),
                ("overlapping", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "job",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="revision",
                        to="jobs.job",
                    ),
                ),
                ("transcript", _key("speech.transcript", "revisions")),
            ],
            options={
                "ordering": ("number",),
                "constraints": [
                    models.UniqueConstraint(fields=("transcript", "number"), name="one_revision_per_number")
                ],
            },
        ),
        migrations.AddField("chunk", "revision", _key("speech.revision", "chunks", null=True)),
        migrations.AddField("segment", "revision", _key("speech.revision", "segments", null=True)),
        migrations.AddField("segment", "speaker", models.CharField(blank=True, max_length=20, default="")),
        migrations.AlterField("segment", "speaker", models.CharField(blank=True, max_length=20)),
        migrations.AddField("segment", "version", models.PositiveIntegerField(default=1)),
        migrations.CreateModel(
            name="SegmentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("words", models.JSONField()),
                ("speaker", models.CharField(blank=True, max_length=20)),
                ("replaced_by", models.CharField(max_length=150)),
                ("replaced_at", models.DateTimeField()),
                ("segment", _key("speech.segment", "versions")),
            ],
            options={
                "ordering": ("number",),
                "constraints": [models.UniqueConstraint(fields=("segment", "number"), name="one_version_per_number")],
            },
        ),
        migrations.RunPython(give_revisions, migrations.RunPython.noop),
    ]
