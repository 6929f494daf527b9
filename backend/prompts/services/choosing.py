"""The documents that a batch is about: by id, by collection, by the names that other systems have for them."""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.documents.models import Document, DocumentStatus
from backend.documents.services import documents
from backend.prompts.services.wishes import MOST_DOCUMENTS, SCOPE_ENDING, BatchIn

PIECE: Final = 500
SHOWN: Final = 20


def chosen(user: User, wishes: BatchIn) -> list[Document]:
    """Each document once, in the order of the wishes; also those that are not ready. Where collections make them more
    than a batch may have, not all of them. Raises `AppError("unknown_document")` for one that is not there, or not
    the user's.
    """
    found = {document.pk: document for document in _by_id(user, wishes.documents)}
    for key, external_ids in wishes.scope.items():
        named = documents.resolve(user, key.removesuffix(SCOPE_ENDING), external_ids)
        found |= {document.pk: document for document in named}
    for name in dict.fromkeys(wishes.collections):
        if len(found) > MOST_DOCUMENTS:
            break
        found |= {document.pk: document for document in _ready(user, name)}
    return list(found.values())


def _ready(user: User, collection: str) -> list[Document]:
    """The ready documents of a collection, at most one more than a batch may have."""
    whole = documents.of(user).filter(collection=collection, status=DocumentStatus.READY)
    return sorted(whole.order_by("created_at", "id")[: MOST_DOCUMENTS + 1], key=_as_people_count)


def _as_people_count(document: Document) -> list[tuple[bool, int, str]]:
    """By external id, `ic01_2` before `ic01_10`."""
    parts = re.split(r"([0-9]{1,18})", document.external_id)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


def check_ready(found: Sequence[Document]) -> None:
    """Raise `AppError("conflict")` for documents that are being read, or could not be."""
    waiting = [document for document in found if document.status != DocumentStatus.READY]
    if waiting:
        texts = [f"{document.external_id or document.title}: {document.status}" for document in waiting[:SHOWN]]
        raise AppError(
            "conflict", f"{len(waiting)} documents have no text yet, or none at all.", fields={"documents": texts}
        )


def _by_id(user: User, ids: Sequence[UUID]) -> list[Document]:
    found: dict[UUID, Document] = {}
    for start in range(0, len(ids), PIECE):
        found |= {document.pk: document for document in documents.of(user).filter(pk__in=ids[start : start + PIECE])}
    unknown = [f"{ident}: there is no such document" for ident in ids if ident not in found]
    if unknown:
        raise AppError("unknown_document", fields={"documents": unknown[:SHOWN]})
    return [found[ident] for ident in ids]
