"""Documents by REST and by socket: the commands that `apps.py` registers."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from backend.accounts.models import User
from backend.core.text import NO_NUL
from backend.documents.services import adding, documents, finding
from backend.documents.services.schemas import (
    CollectionsOut,
    DocumentOut,
    DocumentPage,
    DocumentsDeletedOut,
    WholeDocumentOut,
    describe,
)
from backend.engines.documents.limits import MOST_CHARACTERS
from backend.live.commands import Command, Input

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
GENERAL: Final = "general"
MOST_DELETED: Final = 500
# JSON may write a character as two of `\uXXXX`.
MOST_TEXT_BYTES: Final = 12 * MOST_CHARACTERS + 64 * 1024
Collection = Annotated[str, StringConstraints(pattern=NAME)]
Title = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
ExternalId = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class DocumentSearch(Input):
    search: str = Field(default="", max_length=200, pattern=NO_NUL)
    collection: str = Field(default="", max_length=64, pattern=NO_NUL)
    status: Literal["", "reading", "ready", "error"] = ""
    page: int = Field(default=1, ge=1, le=1_000_000)
    page_size: int = Field(default=finding.PAGE, ge=1, le=100)


class OneDocument(Input):
    document_id: UUID


class NewDocument(Input):
    collection: Collection = GENERAL
    external_id: ExternalId = ""


class TextDocument(NewDocument):
    title: Title = Field(min_length=1)
    text: str = Field(min_length=1, max_length=MOST_CHARACTERS, pattern=NO_NUL)
    replace: bool = False


class ReferenceDocument(NewDocument):
    reference: str = Field(max_length=100, pattern=r"^[a-z]+:[A-Za-z0-9-]+$", description="as `transcript:<id>`")
    title: Title = ""


class DocumentChange(OneDocument):
    title: Annotated[Title, StringConstraints(min_length=1)] | None = None
    collection: Collection | None = None
    external_id: ExternalId | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "DocumentChange":
        if self.model_dump(exclude={"document_id"}, exclude_none=True) == {}:
            raise ValueError("Nothing is to be changed.")
        return self


class DocumentsToDelete(Input):
    ids: list[UUID] = Field(max_length=MOST_DELETED)


class Nothing(Input):
    pass


def _list(user: User, data: DocumentSearch) -> dict[str, Any]:
    return finding.search(user, words=data.search, **data.model_dump(exclude={"search"}))


def _get(user: User, data: OneDocument) -> dict[str, Any]:
    document = documents.get(user, data.document_id)
    return {**describe(document), "text": documents.beginning_of(document)}


def _add_text(user: User, data: TextDocument) -> dict[str, Any]:
    return describe(adding.add_text(user, **data.model_dump()))


def _add_reference(user: User, data: ReferenceDocument) -> dict[str, Any]:
    return describe(adding.add_reference(user, **data.model_dump()))


def _update(user: User, data: DocumentChange) -> dict[str, Any]:
    changes = data.model_dump(exclude={"document_id"}, exclude_none=True)
    return describe(documents.update(user, data.document_id, changes))


def _delete(user: User, data: OneDocument) -> dict[str, Any]:
    documents.delete(user, data.document_id)
    return {}


def _delete_many(user: User, data: DocumentsToDelete) -> dict[str, Any]:
    return {"deleted": documents.delete_many(user, data.ids)}


def _collections(user: User, _: Nothing) -> dict[str, Any]:
    return finding.collections(user)


_ALL: Final = "api/documents"
_ONE: Final = "api/documents/<uuid:document_id>"
LIST: Final = Command(
    "document.list", DocumentSearch, _list, "GET", _ALL, "documents", output=DocumentPage,
    summary="Your documents, newest first, found by title, external id and text",
)  # fmt: skip
COMMANDS: Final = (
    Command(
        "document.get", OneDocument, _get, "GET", _ONE, "documents", output=WholeDocumentOut,
        summary="One document with the beginning of its text",
    ),
    Command(
        "document.add_text", TextDocument, _add_text, "POST", f"{_ALL}/texts", "documents", output=DocumentOut,
        status=201, summary="Add a document by its text", max_bytes=MOST_TEXT_BYTES,
    ),
    Command(
        "document.add_reference", ReferenceDocument, _add_reference, "POST", f"{_ALL}/references", "documents",
        output=DocumentOut, status=201, summary="Add what Stentor holds already, as a transcript, as a document",
    ),
    Command(
        "document.update", DocumentChange, _update, "PATCH", _ONE, "documents", output=DocumentOut,
        summary="Change a document's title, its collection or its external id",
    ),
    Command(
        "document.delete", OneDocument, _delete, "DELETE", _ONE, "documents", status=204,
        summary="Delete a document",
    ),
    Command(
        "document.delete_many", DocumentsToDelete, _delete_many, "POST", f"{_ALL}/delete", "documents",
        output=DocumentsDeletedOut, summary="Delete those of up to 500 documents that are there",
    ),
    Command(
        "document.collections", Nothing, _collections, "GET", "api/collections", "documents", output=CollectionsOut,
        summary="Your collections by name, with how much is in them",
    ),
)  # fmt: skip

# The list shares its address with uploads.
ALL_COMMANDS: Final = (LIST, *COMMANDS)
