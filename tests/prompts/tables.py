"""Batches with results, without the work."""

from datetime import UTC, datetime
from typing import Any

from backend.jobs.models import Job, Status
from backend.prompts.models import Batch, Cell, CellStatus, Row

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def table(owner, texts: list[list[Any]], prompts: list[str] | None = None, **fields) -> Batch:
    """A batch with a row for each list of `texts`: a string is the text of a cell that is done, None a cell that has
    not ended, a dictionary the fields of one.
    """
    width = len(prompts) if prompts is not None else max(map(len, texts), default=1)
    names = prompts if prompts is not None else [f"prompt_{number}" for number in range(1, width + 1)]
    job = Job.objects.create(
        kind="batch",
        owner=owner,
        queue="prompts_queue",
        title="Reviews",
        status=fields.pop("status", Status.COMPLETED),
        created_at=NOW,
        queued_at=NOW,
        sent_at=NOW,
        started_at=NOW,
    )
    values = [{"name": name, "value": f"Do {name}"} for name in names]
    batch = Batch.objects.create(
        **{"job": job, "title": "Reviews", "prompts": values, "row_count": len(texts), "created_at": NOW, **fields}
    )
    Row.objects.bulk_create(Row(batch=batch, position=number, **naming(number)) for number in range(len(texts)))
    for row, cells in enumerate(texts):
        Cell.objects.bulk_create(
            cell(batch, row, column, given) for column, given in enumerate(cells) if given is not None
        )
    return batch


def naming(number: int) -> dict[str, str]:
    return {"collection": "ic01", "external_id": f"ic01_{number + 1}", "title": f"Document {number + 1}"}


def cell(batch: Batch, row: int, column: int, given: str | dict[str, Any]) -> Cell:
    fields = given if isinstance(given, dict) else {"text": given}
    return Cell(**{"batch": batch, "row": row, "column": column, "status": "done", "finished_at": NOW, **fields})


def failure(message: str = "The server is busy.", code: str = "upstream_busy", tries: int = 3) -> dict[str, Any]:
    return {"status": CellStatus.FAILED, "error_code": code, "error_message": message, "tries": tries}
