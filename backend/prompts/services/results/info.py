"""What a file of results says about the batch that it comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.prompts.models import Batch, Cell, CellStatus

Fact = tuple[str, str | int | float]


@dataclass(slots=True)
class Tally:
    """What was counted while the cells were written, so that it holds for just this file."""

    done: int = 0
    failed: int = 0
    waiting: int = 0
    split: int = 0

    def count(self, cells: Iterable[Cell | None]) -> None:
        for cell in cells:
            self.waiting += cell is None
            self.done += cell is not None and cell.status == CellStatus.DONE
            self.failed += cell is not None and cell.status == CellStatus.FAILED
            self.split += cell is not None and cell.parts > 1

    def facts(self) -> list[Fact]:
        return [
            ("results", "partial" if self.waiting else "complete"),
            ("cells done", self.done),
            ("cells failed", self.failed),
            ("cells waiting", self.waiting),
            ("cells of split documents", self.split),
        ]


def facts(batch: Batch, counted: Sequence[Fact] = ()) -> list[Fact]:
    """What is known of a batch, and what was counted of its cells, in the order in which people read it."""
    job, engine = batch.job, batch.engine or {}
    found: list[Fact] = [
        ("batch", batch.title),
        ("job", str(batch.job_id)),
        ("status", job.status),
        *counted,
        ("rows", batch.row_count),
        ("engine", engine.get("name", "")),
        ("model", engine.get("model", "") or batch.model),
        ("prompt tokens", batch.prompt_tokens),
        ("completion tokens", batch.completion_tokens),
        ("tokens are", "partly estimated" if batch.is_estimated else "as the server counted them"),
        *_given("cost", batch.cost),
        ("created", _time(batch.created_at)),
        ("started", _time(job.started_at)),
        ("finished", _time(job.finished_at)),
        *_given("temperature", batch.temperature),
        *_given("tokens per answer at most", batch.max_tokens),
        ("system prompt", batch.system_prompt),
    ]
    return found + [(f"prompt {prompt['name']}", prompt["value"]) for prompt in batch.prompts]


def _given(label: str, value: float | None) -> list[Fact]:
    return [] if value is None else [(label, value)]


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment else ""
