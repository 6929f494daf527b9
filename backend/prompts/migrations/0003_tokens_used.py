"""Tokens are counted apart from batches, beginning with those that today's batches have used."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Sum
from django.utils import timezone


def count_today(apps, schema_editor):
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = apps.get_model("prompts", "Batch").objects.filter(created_at__gte=midnight).order_by()
    sums = begun.values("job__owner").annotate(used=Sum(F("prompt_tokens") + F("completion_tokens")))
    rows = apps.get_model("prompts", "TokensUsed").objects
    for owner, used in sums.values_list("job__owner", "used"):
        rows.create(owner_id=owner, day=now.date(), tokens=used)


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('prompts', '0002_deleted_request_files'),
    ]

    operations = [
        migrations.CreateModel(
            name='TokensUsed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('tokens', models.PositiveBigIntegerField(default=0)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'day'), name='one_count_per_owner_and_day')],
            },
        ),
        migrations.RunPython(count_today, migrations.RunPython.noop),
    ]
