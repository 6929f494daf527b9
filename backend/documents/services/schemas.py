"""Documents as clients see them: the same data in REST answers and events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from backend.documents.models import Document, DocumentStatus
from backend.jobs.schemas import JobOut


class DocumentOut(BaseModel):
    """`tokens` is an estimate; `is_cut`: the text is longer than what was kept. A document that is `ready` and has
    an error has kept its text, since what was to replace it could not be read.
    """

    id: UUID
    collection: str
    external_id: str
    title: str
    status: DocumentStatus
    error_code: str
    error_message: str
    job: UUID | None
    reference: str
    media_type: str
    size: int
    characters: int
    tokens: int
    pages: int
    is_cut: bool
    created_at: datetime
    updated_at: datetime


class WholeDocumentOut(DocumentOut):
    """`text` is its beginning: up to 20,000 characters."""

    text: str


class DocumentPage(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[DocumentOut]


class DocumentsUploadOut(BaseModel):
    documents: list[DocumentOut]
    job: JobOut


class DocumentsDeletedOut(BaseModel):
    deleted: int


class CollectionOut(BaseModel):
    name: str
    documents: int
    characters: int


class CollectionsOut(BaseModel):
    results: list[CollectionOut]


_PLAIN: Final = tuple(name for name in DocumentOut.model_fields if name != "job")


def describe(document: Document) -> dict[str, Any]:
    """The document as JSON-compatible data, without its text."""
    values = {name: getattr(document, name) for name in _PLAIN}
    return DocumentOut(**values, job=document.job_id).model_dump(mode="json")


def describe_many(documents: Iterable[Document]) -> list[dict[str, Any]]:
    return [describe(document) for document in documents]
