import django.db.models.deletion
from django.db import migrations, models


def _key(name):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to="speech.revision")


class Migration(migrations.Migration):
    # Apart from the one before: PostgreSQL does not alter a table in the transaction that has just filled it.
    dependencies = [("speech", "0002_revisions")]

    operations = [
        migrations.RemoveConstraint("chunk", "one_chunk_per_number"),
        migrations.RemoveConstraint("segment", "one_segment_per_number"),
        migrations.RemoveField("chunk", "transcript"),
        migrations.RemoveField("segment", "transcript"),
        migrations.RemoveField("transcript", "is_cut"),
        migrations.AlterField("chunk", "revision", _key("chunks")),
        migrations.AlterField("segment", "revision", _key("segments")),
        migrations.AddConstraint(
            "chunk", models.UniqueConstraint(fields=("revision", "number"), name="one_chunk_per_number")
        ),
        migrations.AddConstraint(
            "segment", models.UniqueConstraint(fields=("revision", "number"), name="one_segment_per_number")
        ),
    ]
