"""The outbox: rows written with the change, sent on commit, and by the sweeper where a crash came between.

A row is an event for the log or the start of a task. Rows of one topic are sent in the order of their ids under a
row lock; a change and its event take the lock of the changed row first, so that this is the order of the changes.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial, update_wrapper
from typing import Any, Final

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from backend.core import queues
from backend.core.queues import Task
from backend.live import log
from backend.live.announce import announce
from backend.live.log import Draft, Entry, Fence
from backend.live.models import OutboxRow

SWEEP_AFTER: Final = timedelta(seconds=2)
BATCH: Final = 500

logger = structlog.get_logger(__name__)


def add_event(topic: str, event: str, data: Mapping[str, Any], *, fence: Fence | None, restart: bool = False) -> None:
    OutboxRow.objects.create(
        topic=topic,
        event=event,
        payload=json.loads(json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False)),
        fence=[fence.number, fence.scope] if fence else None,
        restart=restart,
        created_at=timezone.now(),
    )
    if not _will_send(topic):
        _on_commit(_send, topic)


def enqueue(task: Task, **arguments: str | int) -> None:
    """Start a task with the current transaction. Arguments are ids."""
    row = OutboxRow.objects.create(task=task.value, payload=arguments, created_at=timezone.now())
    _on_commit(_start, row.id)


def sweep() -> int:
    """Send what crashes and outages left behind; the number of rows that were due."""
    due = OutboxRow.objects.filter(created_at__lt=timezone.now() - SWEEP_AFTER).order_by("id")[:BATCH]
    topics, tasks = dict[str, None](), list[int]()
    for row in due:
        if row.topic:
            topics[row.topic] = None
        else:
            tasks.append(row.id)
    for topic in topics:
        _send(topic)
    for row_id in tasks:
        _start(row_id)
    return len(due)


def _on_commit(function: Callable[..., None], *arguments: str | int) -> None:
    # Django logs what goes wrong in it by a name that a `partial` does not have.
    transaction.on_commit(update_wrapper(partial(function, *arguments), function), robust=True)


def _will_send(topic: str) -> bool:
    """Whether this transaction will send what waits for the topic: once is enough for all its events.

    Django forgets what was to be done with a savepoint that is rolled back. What it still knows can be forgotten only
    with a savepoint that is open now, and with that an event goes that is added now.
    """
    hooks = (hook for _, hook, _ in transaction.get_connection().run_on_commit)
    return any(isinstance(hook, partial) and hook.func is _send and hook.args == (topic,) for hook in hooks)


def _send(topic: str) -> None:
    """Append what waits for a topic, oldest first. What cannot be sent now stays for the sweeper."""
    try:
        while _send_batch(topic) == BATCH:
            pass
    except RedisError as error:
        logger.warning("outbox_waits", topic=topic, error=type(error).__name__)


def _send_batch(topic: str) -> int:
    with transaction.atomic():
        rows = list(OutboxRow.objects.select_for_update().filter(topic=topic).order_by("id")[:BATCH])
        entries = log.append_many([_draft(row) for row in rows]) if rows else []
        OutboxRow.objects.filter(id__in=[row.id for row in rows]).delete()
    announce([entry for entry in entries if isinstance(entry, Entry)])
    return len(rows)


def _start(row_id: int) -> None:
    try:
        with transaction.atomic():
            row = OutboxRow.objects.select_for_update().filter(id=row_id).first()
            if row is not None:
                queues.send(Task(row.task), task_id=f"outbox-{row.id}", **row.payload)
                row.delete()
    except queues.BrokerUnavailable as error:
        logger.warning("outbox_waits", row=row_id, error=type(error).__name__)


def _draft(row: OutboxRow) -> Draft:
    data = json.dumps(row.payload, separators=(",", ":"), ensure_ascii=False)
    fence = Fence(*row.fence) if row.fence else None
    return Draft(row.topic, row.event, data, _iso(row.created_at), fence=fence, once=str(row.id), restart=row.restart)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
