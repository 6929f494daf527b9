"""Whose job is next. In a queue with a kind that has a number of jobs per user, users take turns: everybody's first
job comes before anybody's second one, however many of whatever such kind somebody has queued before. Kinds without
that number, of which somebody waits for the end, take no turns and come first.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from backend.core.queues import QUEUE_OF, Task
from backend.jobs import kinds
from backend.jobs.models import Job, Status

FIRST_COME: Final = ("queued_at", "id")


def in_turn(queue: str) -> QuerySet[Job]:
    """The waiting jobs of a queue in the order in which they will start.

    `turn` is the place of a job among those of its owner that take turns, the running ones counted; 0 for a job that
    takes none. Of the same turn, the next one is that of whoever has waited longest `since` a job of theirs has ended.
    """
    waiting = Job.objects.filter(queue=queue, status=Status.QUEUED)
    takers = [kind.name for kind in kinds.taking_turns() if kind.queue.value == queue]
    if not takers:
        return waiting.order_by(*FIRST_COME)
    others = Job.objects.filter(owner=OuterRef("owner"), queue=queue, kind__in=takers)
    running = others.filter(status=Status.STARTED)
    count = running.order_by().values("owner").annotate(count=Count("pk")).values("count")
    before = Coalesce(Subquery(count, output_field=IntegerField()), 0)
    ended = others.filter(started_at__isnull=False, finished_at__gt=OuterRef("queued_at"))
    since = Coalesce(Subquery(ended.order_by("-finished_at").values("finished_at")[:1]), F("queued_at"))
    takes_turns = Case(When(kind__in=takers, then=Value(1)), default=Value(0))
    own = Window(RowNumber(), partition_by=[F("owner"), takes_turns], order_by=[F("queued_at"), F("id")])
    turn = takes_turns * (own + before)
    return waiting.annotate(turn=turn, since=since).order_by("turn", "since", *FIRST_COME)


def due(task: Task) -> Iterator[UUID]:
    """The jobs that a task is to start now, one after the other, as long as there are any; each is looked for when
    it is asked for. Whoever asks claims it, or another one has.
    """
    startable = Q()
    for kind in kinds.of(task):
        startable |= Q(kind=kind.name, turn__lte=kind.per_user) if kind.per_user else Q(kind=kind.name)
    # A job that waits for its time takes nobody's turn.
    next_ones: Any = in_turn(QUEUE_OF[task].value).filter(retry_at=None).filter(startable)
    while (found := next_ones.values_list("pk", flat=True).first()) is not None:
        yield found
