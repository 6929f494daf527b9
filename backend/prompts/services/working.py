"""The work of a batch: its missing cells, each asked of the model, stored and told as soon as it has ended."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog
from django.utils import timezone

from backend.core.database import released
from backend.core.errors import AppError
from backend.documents.services.documents import text_of
from backend.engines import chat_offer
from backend.engines.chatting import ChatModel, UpstreamError
from backend.engines.choosing_chat import choose_chat_model
from backend.jobs import quota
from backend.jobs.errors import JobFailed
from backend.jobs.running import Run
from backend.prompts.models import Batch, Cell, CellStatus, Row, Source
from backend.prompts.services import asking, cells
from backend.prompts.services.asking import Asker, Reply, Stopped, Wishes
from backend.prompts.services.cells import Todo
from backend.prompts.services.pool import Lane, cells_at_work
from backend.prompts.services.requests import beginning
from backend.prompts.services.templates import TEXT

LOOK_S: Final = 0.2
TRIES: Final = 4
TRIES_WHEN_BUSY: Final = 12
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
QUOTA_EVERY_S: Final = 5.0
# The whole batch is given up when so many cells were refused and none was answered, or when the server has failed so
# often in a row.
MOST_REFUSED: Final = 5
MOST_FAILED: Final = 20

REFUSALS: Final = ("upstream_refused", "unsupported_option")
OUTAGES: Final = ("upstream_failed", "upstream_cut", "upstream_busy")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of asking for a cell: it has ended, answered by `model`, or is tried `again` after a while; neither:
    nobody wants it.
    """

    cell: Cell | None = None
    model: str = ""
    again: Todo | None = None
    again_s: float = 0.0


def work(run: Run) -> None:
    """Do the missing cells of a batch. Raises `AppError` where none of them can be done: that fails the job."""
    batch = Batch.objects.select_related("job__owner").get(pk=run.job.pk)
    quota.check(batch.job.owner)
    if batch.source == Source.REQUESTS and not batch.row_count:
        beginning.prepare(run, batch)
    choice = choose_chat_model()
    model = batch.model or chat_offer.current().default
    batch.engine = {"name": choice.engine.name, "model": model, "reason": choice.reason}
    log.info("chat_model_chosen", engine=choice.engine.name, model=model, reason=choice.reason)
    with run.guarded():
        batch.save(update_fields=["engine"])
        cells.tell(batch)
    _Worker(run, batch, choice.engine, model).do_all()


class _Worker:
    def __init__(self, run: Run, batch: Batch, engine: ChatModel, model: str) -> None:
        self._run = run
        self._batch = batch
        self._engine = engine
        self._wishes = Wishes(model, batch.system_prompt, batch.temperature, batch.max_tokens)
        self._over = threading.Event()
        self._refused = self._failed_in_a_row = 0
        self._quota_at = time.monotonic()

    def do_all(self) -> None:
        pool, owner = cells_at_work(), self._batch.job.owner_id
        todo = list(cells.missing(self._batch))
        self._report()
        with self._ending(), pool.lane(owner, todo, self._attempt) as lane:
            while not lane.is_done:
                attempts = lane.collect(LOOK_S)
                self._take(lane, attempts)
                self._run.raise_if_cancelled()
                self._check()

    @contextmanager
    def _ending(self) -> Iterator[None]:
        # Whatever ends the work: what is being asked at this moment is hung up.
        try:
            yield
        finally:
            self._over.set()

    def _take(self, lane: Lane[Todo, Attempt], attempts: list[Attempt]) -> None:
        for attempt in attempts:
            if attempt.again is not None:
                lane.again(attempt.again, attempt.again_s)
        ended = [(attempt.cell, attempt.model) for attempt in attempts if attempt.cell is not None]
        if ended:
            cells.store(self._run, self._batch, ended)
            self._report()
            self._give_up([cell for cell, _ in ended])
        self._tell_pause()

    def _report(self) -> None:
        batch = self._batch
        self._run.progress(batch.done + batch.failed, batch.cell_count, stage="cells", unit="cells")

    def _give_up(self, ended: list[Cell]) -> None:
        """Fail the job where the server answers no question: thousands more would not change that."""
        for cell in ended:
            if cell.status == CellStatus.DONE:
                self._failed_in_a_row = 0
                continue
            self._refused += cell.error_code in REFUSALS
            self._failed_in_a_row += cell.error_code in OUTAGES
            hopeless = self._refused >= MOST_REFUSED and not self._batch.done
            if hopeless or self._failed_in_a_row >= MOST_FAILED:
                raise JobFailed(cell.error_code, cell.error_message)

    def _check(self) -> None:
        """End a batch that has used up its user's tokens, or its time; what is done stays."""
        expires_at = self._batch.expires_at
        if expires_at is not None and timezone.now() >= expires_at:
            raise JobFailed("expired")
        if time.monotonic() - self._quota_at >= QUOTA_EVERY_S:
            self._quota_at = time.monotonic()
            quota.check(self._batch.job.owner)

    def _tell_pause(self) -> None:
        """Tell until when a busy server is waited for."""
        seconds = cells_at_work().paused_s
        until = timezone.now() + timedelta(seconds=seconds) if seconds > LOOK_S else None
        told = self._batch.busy_until
        if until is None or (told is not None and told >= until - timedelta(seconds=1)):
            return
        self._batch.busy_until = until
        with self._run.guarded():
            self._batch.save(update_fields=["busy_until"])
            cells.tell(self._batch)

    def _attempt(self, todo: Todo) -> Attempt:
        """Ask for one cell, in a thread of the pool."""
        started = time.monotonic()
        asker = todo.asker or Asker(self._engine, self._over.is_set)
        try:
            values = _answered(self._ask(todo, asker))
        except Stopped:
            return Attempt()
        except AppError as error:
            wait_s = _wait_s(error, todo.tries)
            if wait_s is not None:
                return Attempt(again=replace(todo, tries=todo.tries + 1, asker=asker), again_s=wait_s)
            values = {"status": CellStatus.FAILED, "error_code": error.code, "error_message": error.message}
        used = asker.used
        cell = Cell(
            row=todo.row,
            column=todo.column,
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            is_estimated=used.estimated,
            tries=todo.tries + 1,
            took_s=round(time.monotonic() - started, 3),
            **values,
        )
        return Attempt(cell, asker.model)

    def _ask(self, todo: Todo, asker: Asker) -> Reply:
        if self._over.is_set():
            raise Stopped
        row, text = self._read(todo)
        if row.request is not None:
            asked = beginning.question(row.request)
            return asker.ask(asked.turns, [], Wishes(asked.model, "", asked.temperature, asked.max_tokens))
        if text is None:
            raise AppError("not_found", "The document was deleted.")
        prompt = self._batch.prompts[todo.column]["value"]
        return asking.ask_about(asker, prompt, self._values(row, text), self._wishes)

    @released
    def _read(self, todo: Todo) -> tuple[Row, str | None]:
        """A row, and the text of its document: no connection is held while the model is waited for."""
        row = Row.objects.get(batch=self._batch, position=todo.row)
        return row, None if row.document_id is None else text_of(row.document_id)

    def _values(self, row: Row, text: str) -> dict[str, str]:
        return {
            "document.title": row.title,
            TEXT: text,
            "document.external_id": row.external_id,
            "document.collection": row.collection,
            "batch.title": self._batch.title,
            "date": self._batch.created_at.date().isoformat(),
        }


def _answered(reply: Reply) -> dict[str, Any]:
    """The fields of a cell that is done."""
    # PostgreSQL stores no NUL.
    text = reply.text.replace("\0", "")
    return {"status": CellStatus.DONE, "text": text, "finish_reason": reply.finish_reason, "parts": reply.parts}


def _wait_s(error: AppError, tries: int) -> float | None:
    """How long to wait before the same is asked again; None where that would not help."""
    most = TRIES_WHEN_BUSY if error.code == "upstream_busy" else TRIES
    if not isinstance(error, UpstreamError) or not error.kind.retryable or tries + 1 >= most:
        return None
    wait_s = min(error.retry_after_s or FIRST_WAIT_S * 2.0**tries, LONGEST_WAIT_S)
    if error.code == "upstream_busy":
        cells_at_work().pause(wait_s)
    return wait_s
