"""The cells of a batch: which are missing, and what has come of the others, stored and told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from backend.engines.chatting.prices import cost_of
from backend.jobs.running import Run
from backend.live.publish import publish
from backend.prompts.models import Batch, Cell, CellStatus
from backend.prompts.services import usage
from backend.prompts.services.asking import Asker
from backend.prompts.services.schemas import describe, describe_cell, totals_of

STATES: Final = {CellStatus.DONE: ord("d"), CellStatus.FAILED: ord("f")}
WAITING: Final = b"."
_COUNTED: Final = (
    "done", "failed", "prompt_tokens", "completion_tokens", "is_estimated", "cost", "busy_until", "version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Todo:
    """A cell that is to be done; `tries` counts how often the model was asked for it in vain, by `asker`."""

    row: int
    column: int
    tries: int = 0
    asker: Asker | None = None


def missing(batch: Batch) -> Iterator[Todo]:
    """The cells that have not ended, row by row."""
    columns = len(batch.prompts)
    for place, state in enumerate(states(batch)):
        if state == WAITING.decode():
            yield Todo(*divmod(place, columns))


def states(batch: Batch) -> str:
    """A character for each cell, row by row: "." waits, "d" is done, "f" has failed."""
    found = bytearray(WAITING * batch.cell_count)
    columns = len(batch.prompts)
    ended = Cell.objects.filter(batch=batch).order_by().values_list("row", "column", "status")
    for row, column, status in ended.iterator():
        found[row * columns + column] = STATES[CellStatus(status)]
    return found.decode()


def store(run: Run, batch: Batch, ended: Sequence[tuple[Cell, str]]) -> None:
    """Store cells that have ended, each with the model that has answered, and tell them with the totals of the batch,
    which are counted here.
    """
    for cell, model in ended:
        cell.batch, cell.finished_at = batch, timezone.now()
        batch.done += cell.status == CellStatus.DONE
        batch.failed += cell.status == CellStatus.FAILED
        batch.prompt_tokens += cell.prompt_tokens
        batch.completion_tokens += cell.completion_tokens
        batch.is_estimated |= cell.is_estimated
        cost = cost_of(model, cell.prompt_tokens, cell.completion_tokens)
        batch.cost = batch.cost if cost is None else (batch.cost or 0.0) + cost
    batch.version += 1
    batch.busy_until = None
    tokens = sum(cell.prompt_tokens + cell.completion_tokens for cell, _ in ended)
    told = [describe_cell(cell).model_dump(mode="json") for cell, _ in ended]
    with run.guarded():
        Cell.objects.bulk_create([cell for cell, _ in ended])
        batch.save(update_fields=_COUNTED)
        usage.count(run.job.owner_id, tokens)
        run.publish(batch.topic, "cells", {"cells": told, "totals": totals_of(batch).model_dump(mode="json")})


@transaction.atomic
def forget_failed(batch: Batch) -> int:
    """Have the failed cells of a batch be missing again, and return how many. What they have cost stays counted."""
    count, _ = Cell.objects.filter(batch=batch, status=CellStatus.FAILED).delete()
    batch.failed = 0
    batch.version += 1
    batch.save(update_fields=["failed", "version"])
    return count


def tell(batch: Batch, *, restart: bool = False) -> None:
    """Tell everybody who looks at a batch how it is; with `restart` they take a new snapshot."""
    # Read anew: whoever tells may have read it before somebody changed its title.
    newest = Batch.objects.select_related("job__owner").get(pk=batch.pk)
    publish(batch.topic, "details", describe(newest), restart=restart)
