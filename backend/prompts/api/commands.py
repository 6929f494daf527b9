"""The commands of batches, by REST and by socket."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from backend.accounts.models import User
from backend.core.text import MAX_TITLE, NO_NUL
from backend.live.commands import Command, Input
from backend.prompts.services import batches, offering, rows, sharing
from backend.prompts.services.estimating import EstimateOut, estimate
from backend.prompts.services.offering import OfferOut
from backend.prompts.services.schemas import BatchOut, RowOut, WholeCellOut, describe
from backend.prompts.services.wishes import BatchIn


class OneBatch(Input):
    batch_id: UUID


class Nothing(Input):
    pass


class Search(Input):
    search: str = Field(default="", max_length=200, pattern=NO_NUL)
    status: Literal["", "queued", "started", "completed", "failed", "cancelled"] = ""
    page: int = Field(default=1, ge=1, le=100_000)
    page_size: int = Field(default=batches.PAGE, ge=1, le=100)


class Rename(OneBatch):
    title: str = Field(min_length=1, max_length=MAX_TITLE, pattern=NO_NUL)


class Share(OneBatch):
    user: str = Field(min_length=1, max_length=254, pattern=NO_NUL, description="a username or an email address")


class Rows(OneBatch):
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=100, ge=1, le=100)
    only: Literal["all", "failed", "waiting", "done"] = "all"
    search: str = Field(default="", max_length=200, pattern=NO_NUL)


class OneCell(OneBatch):
    row: int = Field(ge=0, le=1_000_000)
    column: int = Field(ge=0, le=1_000)


class BatchPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[BatchOut]


class RowPage(BaseModel):
    """`count` is of all rows that were asked for, not only of these."""

    count: int
    rows: list[RowOut]


def _list(user: User, data: Search) -> dict[str, Any]:
    return batches.search(user, words=data.search, status=data.status, page=data.page, page_size=data.page_size)


def _create(user: User, data: BatchIn) -> dict[str, Any]:
    return describe(batches.create(user, data))


def _estimate(user: User, data: BatchIn) -> dict[str, Any]:
    return estimate(user, data)


def _models(user: User, data: Nothing) -> dict[str, Any]:
    return offering.offer(user)


def _get(user: User, data: OneBatch) -> dict[str, Any]:
    return describe(batches.get(user, data.batch_id))


def _rename(user: User, data: Rename) -> dict[str, Any]:
    return describe(batches.rename(user, data.batch_id, data.title))


def _delete(user: User, data: OneBatch) -> dict[str, Any]:
    batches.delete(user, data.batch_id)
    return {}


def _share(user: User, data: Share) -> dict[str, Any]:
    return describe(sharing.share(user, data.batch_id, data.user))


def _unshare(user: User, data: Share) -> dict[str, Any]:
    return describe(sharing.unshare(user, data.batch_id, data.user))


def _rows(user: User, data: Rows) -> dict[str, Any]:
    batch = batches.get(user, data.batch_id)
    return rows.page(batch, offset=data.offset, limit=data.limit, only=data.only, words=data.search)


def _cell(user: User, data: OneCell) -> dict[str, Any]:
    return rows.whole_cell(batches.get(user, data.batch_id), data.row, data.column)


def _retry(user: User, data: OneBatch) -> dict[str, Any]:
    return describe(batches.retry_failed(user, data.batch_id))


_ALL = "api/batches"
_ONE = "api/batches/<uuid:batch_id>"
COMMANDS = (
    Command(
        "batch.list", Search, _list, "GET", _ALL, "prompts", output=BatchPage,
        summary="The batches that you own or may watch, newest first, found by title",
    ),
    Command(
        "batch.create", BatchIn, _create, "POST", _ALL, "prompts", output=BatchOut, status=201,
        summary="Run each prompt over each document",
    ),
    Command(
        "batch.estimate", BatchIn, _estimate, "POST", f"{_ALL}/estimate", "prompts", output=EstimateOut,
        summary="What a batch would take: cells, tokens, cost, time",
    ),
    Command(
        "batch.models", Nothing, _models, "GET", f"{_ALL}/models", "prompts", output=OfferOut,
        summary="The models to choose from, the names that prompts may mention, and the limits",
    ),
    Command("batch.get", OneBatch, _get, "GET", _ONE, "prompts", output=BatchOut, summary="One batch"),
    Command("batch.rename", Rename, _rename, "PATCH", _ONE, "prompts", output=BatchOut, summary="Rename a batch"),
    Command(
        "batch.delete", OneBatch, _delete, "DELETE", _ONE, "prompts", status=204,
        summary="Delete a batch with its results, ending its work",
    ),
    Command(
        "batch.share", Share, _share, "POST", f"{_ONE}/share", "prompts", output=BatchOut,
        summary="Let somebody else watch a batch and read its results",
    ),
    Command(
        "batch.unshare", Share, _unshare, "POST", f"{_ONE}/unshare", "prompts", output=BatchOut,
        summary="Take that back",
    ),
    Command(
        "batch.rows", Rows, _rows, "GET", f"{_ONE}/rows", "prompts", output=RowPage,
        summary="Some rows of a batch with their cells",
    ),
    Command(
        "batch.cell", OneCell, _cell, "GET", f"{_ONE}/cells/<int:row>/<int:column>", "prompts", output=WholeCellOut,
        summary="One cell with its whole text",
    ),
    Command(
        "batch.retry_failed", OneBatch, _retry, "POST", f"{_ONE}/retry-failed", "prompts", output=BatchOut,
        summary="Have the failed cells of a batch done once more",
    ),
)  # fmt: skip
