"""The batch service that this one replaces: its addresses and shapes, for the clients that it has."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.jobs.schemas import describe as describe_job
from backend.live.commands import Command, Input, validate
from backend.prompts.api.commands import OneBatch
from backend.prompts.models import Batch
from backend.prompts.services import batches
from backend.prompts.services.results.files import as_base64
from backend.prompts.services.wishes import MOST_PROMPTS, BatchIn, PromptIn

# As that service answered: a batch that has just been queued has no place yet.
NO_RANK = -1


class SeedBatch(Input):
    """`cuid` is that of whoever calls."""

    cuid: str = Field(max_length=64)
    scope: dict[str, list[str]]
    prompts: list[PromptIn] = Field(min_length=1, max_length=MOST_PROMPTS)


class QueuedOut(BaseModel):
    job_id: UUID
    creation_date: str
    status: str
    queue_rank: int


class StatusOut(BaseModel):
    """`queue_rank` is 1, 2, 3 … while the batch waits, otherwise -1."""

    status: str
    queue_rank: int


class FileOut(BaseModel):
    """`file_content` is the workbook in base64."""

    file_name: str
    file_content: str


def _create(user: User, data: SeedBatch) -> dict[str, Any]:
    if user.cuid != data.cuid:
        raise AppError("forbidden", "This cuid is not that of the account that calls.")
    wishes = validate(BatchIn, data.model_dump(exclude={"cuid"}))
    assert isinstance(wishes, BatchIn)
    batch = batches.create(user, wishes)
    created = batch.created_at.isoformat().replace("+00:00", "Z")
    return {"job_id": str(batch.pk), "creation_date": created, "status": batch.job.status, "queue_rank": NO_RANK}


def _status(user: User, data: OneBatch) -> dict[str, Any]:
    job = describe_job(batches.get(user, data.batch_id).job)
    return {"status": job["status"], "queue_rank": job["queue_rank"]}


def _file(user: User, data: OneBatch) -> dict[str, Any]:
    return as_base64(_ended(batches.get(user, data.batch_id)))


def _ended(batch: Batch) -> Batch:
    if not batch.job.has_ended:
        raise AppError("not_finished", f"The batch is {batch.job.status}. Ask again when it has ended.")
    return batch


COMMANDS = (
    Command(
        "batch.seed_create", SeedBatch, _create, "POST", "api/batch", "prompts", output=QueuedOut, status=201,
        summary="Run prompts over the documents of a scope, as the older batch service was called",
    ),
    Command(
        "batch.seed_status", OneBatch, _status, "GET", "api/batch/<uuid:batch_id>", "prompts", output=StatusOut,
        summary="The state of a batch, as the older service told it",
    ),
    Command(
        "batch.seed_file", OneBatch, _file, "GET", "api/batch/<uuid:batch_id>/file", "prompts", output=FileOut,
        summary="The workbook of a batch that has ended, in base64",
    ),
)  # fmt: skip
