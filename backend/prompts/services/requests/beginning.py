"""Batches of requests: begun with a file, whose lines become the rows, each with one cell for its answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.core.text import fold, folded_title, title_of
from backend.engines.chatting import Turn, UpstreamError
from backend.jobs import quota
from backend.jobs import services as jobs
from backend.jobs.errors import JobFailed, TryLater
from backend.jobs.running import Run
from backend.live.openai import chat_requests
from backend.prompts.models import Batch, RequestFile, Row, Source
from backend.prompts.services import cells
from backend.prompts.services.requests import files
from backend.prompts.services.requests.ids import FileId
from backend.prompts.services.requests.lines import Asking, Problem, read

KIND: Final = "requests"
COLUMN: Final = "response"
STAGE: Final = "validating"
SHARES: Final = {STAGE: 1.0, "cells": 19.0}
WINDOW: Final = timedelta(hours=24)
MAX_PROBLEMS: Final = 100
# What is written at once.
CHUNK_ROWS: Final = 500
CHUNK_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What one request asks a model."""

    turns: list[Turn]
    model: str
    temperature: float | None
    max_tokens: int | None


@transaction.atomic
def create(user: User, input_file_id: str, metadata: dict[str, str]) -> Batch:
    """Queue a batch of the requests in a file. Its lines are looked into by the job, and rows are made of them.

    Raises `AppError`: `not_found`, `limit_reached`.
    """
    quota.check(user)
    file = files.lock(user, FileId.parse(input_file_id, "input_file_id"), "input_file_id")
    ident = uuid4()
    job = jobs.submit(owner=user, kind=KIND, title=file.filename, subject=f"batch:{ident}", job_id=ident)
    now = timezone.now()
    return Batch.objects.create(
        job=job,
        source=Source.REQUESTS,
        title=file.filename,
        folded_title=folded_title(file.filename),
        prompts=[{"name": COLUMN, "value": ""}],
        created_at=now,
        request_file=file,
        metadata=metadata,
        expires_at=now + WINDOW,
    )


def prepare(run: Run, batch: Batch) -> None:
    """Make the rows of a batch out of the lines of its file, and count them. Rows of an attempt that was lost in the
    middle go first: while `row_count` is 0 they do not count.

    Raises `JobFailed` where a line cannot be used, after `errors` of the batch was set, and `TryLater` where the
    server that answers does not say what it offers.
    """
    file = RequestFile.objects.filter(batches=batch).first()
    if file is None or not file.path.is_file():
        raise JobFailed("not_found", "The file of requests is not there any more.")
    models = _offered()
    run.stages(SHARES)
    with run.guarded():
        batch.rows.all().delete()
    reading = _Reading(run, batch)
    with file.path.open("rb") as opened:
        for item in read(opened, models):
            reading.take(item)
            run.progress(opened.tell(), file.size, stage=STAGE, unit="bytes")
            if len(reading.problems) >= MAX_PROBLEMS:
                break
    reading.finish()


def question(request: dict[str, Any]) -> Question:
    """What is asked by the `request` of a row."""
    turns = [Turn(one["role"], one["content"]) for one in request["messages"]]
    return Question(turns, request["model"], request["temperature"], request["max_tokens"])


def _offered() -> tuple[str, ...]:
    try:
        return tuple(chat_requests.offered())
    except UpstreamError as error:
        if error.kind.retryable:
            raise TryLater(error.code, error.message, after_s=error.retry_after_s or 5.0) from None
        raise JobFailed(error.code, error.message) from None


class _Reading:
    """The rows and the problems of one file. After the first problem no more rows are made."""

    def __init__(self, run: Run, batch: Batch) -> None:
        self.problems: list[Problem] = []
        self._run = run
        self._batch = batch
        self._count = 0
        self._models: set[str] = set()
        self._waiting: list[Row] = []
        self._waiting_bytes = 0

    def take(self, item: Asking | Problem) -> None:
        self._run.raise_if_cancelled()
        if not isinstance(item, Asking):
            self.problems.append(item)
        elif not self.problems:
            self._waiting.append(self._row(item))
            self._waiting_bytes += item.size
            self._count += 1
            if len(self._waiting) >= CHUNK_ROWS or self._waiting_bytes >= CHUNK_BYTES:
                self._write()

    def finish(self) -> None:
        """Raises `JobFailed` where there is a problem."""
        if not self.problems:
            self._write()
            with self._run.guarded():
                self._save(row_count=self._count, model=self._models.pop() if len(self._models) == 1 else "", errors=[])
                # Whoever looks on has a table without rows.
                cells.tell(self._batch, restart=True)
            return
        with self._run.guarded():
            self._batch.rows.all().delete()
            self._save(errors=self.problems)
        first = self.problems[0]
        where = f"Line {first['line']}: " if first["line"] else ""
        raise JobFailed("invalid", f"The file of requests cannot be used. {where}{first['message']}")

    def _row(self, item: Asking) -> Row:
        asked = item.asked
        self._models.add(asked.model)
        title = title_of(item.custom_id)
        return Row(
            batch=self._batch,
            position=self._count,
            external_id=item.custom_id,
            title=title,
            folded_title=fold(title),
            request={
                "messages": [{"role": turn.role, "content": turn.text} for turn in asked.turns],
                "model": asked.model,
                "temperature": asked.temperature,
                "max_tokens": asked.max_tokens,
            },
        )

    def _write(self) -> None:
        with self._run.guarded():
            Row.objects.bulk_create(self._waiting)
        self._waiting = []
        self._waiting_bytes = 0

    def _save(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self._batch, name, value)
        self._batch.save(update_fields=list(values))
