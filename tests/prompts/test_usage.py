"""The tokens of a day: what a batch has used stays counted, whatever becomes of it."""

import threading
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from backend.jobs import quota
from backend.prompts.models import Batch, TokensUsed
from backend.prompts.services import usage
from tasks.maintenance import purge
from tests.fixtures.upstream import Script
from tests.prompts.batching import begin, run, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

CELL = 18


def test_a_batch_of_yesterday_uses_the_tokens_of_today(upstream, owner, teammate, document):
    batch = begin(owner, [document("1"), document("2")])
    Batch.objects.update(created_at=timezone.now() - timedelta(days=1))
    work(batch)
    assert (quota.of(owner).used, quota.of(teammate).used) == (2 * CELL, 0)


def test_cells_that_are_done_again_count_again(upstream, owner, document):
    upstream.scripts.append(Script(status=400, error={"message": "no"}))
    batch = work(begin(owner, [document("1"), document("2")]))
    Batch.objects.update(created_at=timezone.now() - timedelta(days=1))
    run("batch.retry_failed", owner, batch_id=str(batch.pk))
    work(batch)
    assert quota.of(owner).used == 2 * CELL


def test_deleting_a_batch_gives_no_tokens_back(upstream, owner, document):
    batch = work(begin(owner, [document("1")]))
    run("batch.delete", owner, batch_id=str(batch.pk))
    assert quota.of(owner).used == CELL


def test_each_preview_is_counted_also_when_the_next_takes_its_place(upstream, owner, document):
    one = document("1")
    for _ in range(3):
        work(begin(owner, [one], preview=True))
    assert quota.of(owner).used == 3 * CELL


def test_batches_at_work_side_by_side_are_all_counted(owner):
    def count():
        for _ in range(10):
            usage.count(owner.pk, 5)
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert TokensUsed.objects.get().tokens == 3 * 10 * 5


def test_days_that_are_over_are_forgotten(owner):
    today = timezone.now().date()
    for days in (0, 1, 30):
        TokensUsed.objects.create(owner=owner, day=today - timedelta(days=days), tokens=5)
    purge()
    assert TokensUsed.objects.filter(day__lt=today - timedelta(days=1)).count() == 0
    assert (TokensUsed.objects.count(), quota.of(owner).used) == (2, 5)


def test_what_todays_batches_had_used_before_the_count_is_not_forgotten(upstream, owner, document):
    work(begin(owner, [document("1")]))
    old = work(begin(owner, [document("2")]))
    Batch.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    TokensUsed.objects.all().delete()
    import_module("backend.prompts.migrations.0003_tokens_used").count_today(apps, None)
    assert quota.of(owner).used == CELL
