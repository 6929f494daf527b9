"""Batches and files in the shapes of OpenAI's API. Times are seconds since 1970."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from backend.jobs.models import Status
from backend.prompts.models import Batch
from backend.prompts.services.requests.answers import has_expired
from backend.prompts.services.requests.files import ListedFile, has_results
from backend.prompts.services.requests.ids import FileId, FileKind, batch_id
from backend.prompts.services.requests.lines import ENDPOINT

WINDOW: Final = "24h"
_ENDS: Final = {
    "completed": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
    "expired": "expired_at",
}


def file_object(file: ListedFile) -> dict[str, Any]:
    return {
        "id": str(file.ident),
        "object": "file",
        "bytes": file.size,
        "created_at": _seconds(file.created_at),
        "expires_at": None,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def batch_object(batch: Batch) -> dict[str, Any]:
    status = _status(batch)
    assert batch.request_file_id is not None
    return {
        "id": batch_id(batch.pk),
        "object": "batch",
        "endpoint": ENDPOINT,
        "model": batch.model or None,
        "errors": _errors(batch) if status == "failed" else None,
        "input_file_id": str(FileId(FileKind.REQUESTS, batch.request_file_id)),
        "completion_window": WINDOW,
        "status": status,
        "output_file_id": _results(batch, FileKind.ANSWERS),
        "error_file_id": _results(batch, FileKind.FAILURES),
        "created_at": _seconds(batch.created_at),
        "expires_at": _seconds(batch.expires_at),
        **_times(batch, status),
        "request_counts": {"total": batch.row_count, "completed": batch.done, "failed": batch.failed},
        "usage": _usage(batch),
        "metadata": batch.metadata or None,
    }


def list_of(data: Sequence[dict[str, Any]], more: bool) -> dict[str, Any]:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": more}


def _status(batch: Batch) -> str:
    match batch.job.status:
        case Status.QUEUED:
            return "validating"
        case Status.STARTED:
            # The rows are counted when all lines of the file were looked into.
            return "in_progress" if batch.row_count else "validating"
        case Status.FAILED if has_expired(batch):
            return "expired"
        case ended:
            return str(ended)


def _errors(batch: Batch) -> dict[str, Any]:
    """What is wrong with the lines of the file, or why the whole batch was given up."""
    error = batch.job.error or {}
    given_up = {"code": error.get("code"), "line": None, "message": error.get("message"), "param": None}
    return {"object": "list", "data": batch.errors or [given_up]}


def _times(batch: Batch, status: str) -> dict[str, int | None]:
    job = batch.job
    ended = _seconds(job.finished_at)
    times = {name: ended if end == status else None for end, name in _ENDS.items()}
    return {
        **times,
        "in_progress_at": _seconds(job.started_at) if batch.row_count else None,
        "finalizing_at": times["completed_at"],
        "cancelling_at": times["cancelled_at"],
    }


def _results(batch: Batch, kind: FileKind) -> str | None:
    return str(FileId(kind, batch.pk)) if has_results(batch, kind) else None


def _usage(batch: Batch) -> dict[str, Any]:
    asked, answered = batch.prompt_tokens, batch.completion_tokens
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answered,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + answered,
    }


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
