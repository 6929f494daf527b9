"""Batches, their rows and cells as clients see them: the same data in REST answers, events and snapshots."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel

from backend.engines.chat_offer import EngineOut
from backend.jobs.schemas import JobOut, ranks_of
from backend.jobs.schemas import describe as describe_job
from backend.prompts.models import Batch, Cell, CellStatus, Row

PREVIEW: Final = 200


class PromptOut(BaseModel):
    name: str
    value: str


class TotalsOut(BaseModel):
    """What has come of a batch so far, in cells, in tokens, and in the currency of the settings where prices are
    known.
    """

    done: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    is_estimated: bool
    cost: float | None
    busy_until: datetime | None


class BatchOut(BaseModel):
    """A batch with its job. `rows` times the number of prompts is the number of its cells."""

    id: UUID
    job: JobOut
    source: Literal["documents", "requests"]
    is_preview: bool
    title: str
    prompts: list[PromptOut]
    rows: int
    model: str
    system_prompt: str
    temperature: float | None
    max_tokens: int | None
    engine: EngineOut | None
    totals: TotalsOut
    shared_with: list[str]
    created_at: datetime


class CellOut(BaseModel):
    """A cell that has ended. `preview` is the beginning of its text; `parts` above 1: the document was split."""

    row: int
    column: int
    status: CellStatus
    preview: str
    characters: int
    finish_reason: str
    error_code: str
    error_message: str
    prompt_tokens: int
    completion_tokens: int
    is_estimated: bool
    parts: int
    tries: int
    took_s: float


class WholeCellOut(CellOut):
    """The same with its whole text, and what it is the answer to."""

    text: str
    prompt: PromptOut
    title: str


class RowOut(BaseModel):
    """A row with its cells, one for each prompt; null for one that has not ended."""

    row: int
    document: UUID | None
    collection: str
    external_id: str
    title: str
    cells: list[CellOut | None]


_PLAIN: Final = (
    "source", "is_preview", "title", "prompts", "model", "system_prompt", "temperature", "max_tokens", "engine",
    "created_at",
)  # fmt: skip
_CELL: Final = tuple(name for name in CellOut.model_fields if name not in {"preview", "characters"})


def describe(batch: Batch, job: dict[str, Any] | None = None) -> dict[str, Any]:
    """The batch as JSON-compatible data; `job` is its job as clients see it, where the caller has that already."""
    out = BatchOut(
        id=batch.job_id,
        job=JobOut.model_validate(job or describe_job(batch.job)),
        rows=batch.row_count,
        totals=totals_of(batch),
        shared_with=sorted(viewer.username for viewer in batch.job.viewers.all()),
        **{name: getattr(batch, name) for name in _PLAIN},
    )
    return out.model_dump(mode="json")


def describe_many(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    rows = list(batches)
    ranks = ranks_of([batch.job for batch in rows])
    return [describe(batch, describe_job(batch.job, ranks.get(batch.job_id, -1))) for batch in rows]


def totals_of(batch: Batch) -> TotalsOut:
    return TotalsOut(**{name: getattr(batch, name) for name in TotalsOut.model_fields})


def describe_cell(cell: Cell) -> CellOut:
    return CellOut(**_values(cell))


def describe_whole_cell(cell: Cell, row: Row, prompt: dict[str, str]) -> WholeCellOut:
    return WholeCellOut(**_values(cell), text=cell.text, prompt=PromptOut(**prompt), title=row.title)


def describe_row(row: Row, cells: list[Cell | None]) -> RowOut:
    return RowOut(
        row=row.position,
        document=row.document_id,
        collection=row.collection,
        external_id=row.external_id,
        title=row.title,
        cells=[None if cell is None else describe_cell(cell) for cell in cells],
    )


def _values(cell: Cell) -> dict[str, Any]:
    plain = {name: getattr(cell, name) for name in _CELL}
    return {**plain, "preview": cell.text[:PREVIEW], "characters": len(cell.text)}
