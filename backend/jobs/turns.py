"""Whose job is next. Where a kind has a number of jobs per user, users take turns: everybody's first job comes before
anybody's second one, however many somebody has queued before.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from backend.jobs import kinds
from backend.jobs.models import Job, Status

FIRST_COME: Final = ("queued_at", "id")


def in_turn(queue: str) -> QuerySet[Job]:
    """The waiting jobs of a queue in the order in which they will start.

    `turn` is the place of a job among those of its owner and kind, the running ones counted.
    """
    waiting = Job.objects.filter(queue=queue, status=Status.QUEUED)
    if all(kind.queue.value != queue for kind in kinds.taking_turns()):
        return waiting.order_by(*FIRST_COME)
    running = Job.objects.filter(owner=OuterRef("owner"), kind=OuterRef("kind"), status=Status.STARTED)
    count = running.order_by().values("owner").annotate(count=Count("pk")).values("count")
    before = Coalesce(Subquery(count, output_field=IntegerField()), 0)
    own = Window(RowNumber(), partition_by=[F("owner"), F("kind")], order_by=[F("queued_at"), F("id")])
    return waiting.annotate(turn=own + before).order_by("turn", *FIRST_COME)


def due(kind_name: str) -> Iterator[UUID]:
    """The jobs of a kind to be started now, one after the other, as long as there are any; each is looked for when
    it is asked for. Whoever asks claims it, or another one has.
    """
    kind = kinds.find(kind_name)
    while True:
        next_ones: Any = in_turn(kind.queue.value).filter(kind=kind_name, retry_at=None)
        if kind.per_user:
            next_ones = next_ones.filter(turn__lte=kind.per_user)
        found = next_ones.values_list("pk", flat=True).first()
        if found is None:
            return
        yield found
