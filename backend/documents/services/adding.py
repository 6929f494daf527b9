"""Adding documents: texts, and what Stentor holds already. Files come by `files`."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import fold
from backend.documents.models import Document, DocumentStatus
from backend.documents.services import documents
from backend.engines.chatting.context import tokens_of
from backend.engines.documents.limits import MOST_CHARACTERS
from backend.live import references

SEARCHED: Final = 100_000


@transaction.atomic
def add_text(
    user: User, text: str, *, title: str, collection: str, external_id: str = "", replace: bool = False
) -> Document:
    """A document with this text. With `replace` the document that has the external id gets it instead.

    Raises `AppError`: `no_text`, `conflict` for an external id that is taken, `limit_reached`.
    """
    document = make_room(user, collection, [external_id], replace=replace)[0]
    documents.forget_file(document)
    document.job = None
    document.reference = ""
    return _stored(document, text, title)


@transaction.atomic
def add_reference(user: User, reference: str, *, title: str, collection: str, external_id: str = "") -> Document:
    """A document with what the user may read under `reference`, as it is now. Raises as `add_text`, and `not_found`."""
    found = references.read(user, reference)
    document = make_room(user, collection, [external_id], replace=False)[0]
    document.reference = reference
    return _stored(document, found.text, title or found.title)


def _stored(document: Document, text: str, title: str) -> Document:
    kept = text[:MOST_CHARACTERS]
    documents.name_it(document, title)
    document.size = len(kept.encode())
    set_text(document, kept, media_type="text/plain", is_cut=len(text) > MOST_CHARACTERS)
    document.save()
    documents.tell(document)
    return document


def make_room(user: User, collection: str, external_ids: Sequence[str], *, replace: bool) -> list[Document]:
    """A document for each external id, "" for none: a new one that is not saved, or with `replace` the one that has
    it, held. Raises `AppError`: `invalid` for an id that comes twice, `conflict`, `limit_reached`.
    """
    documents.lock_all(user)
    named = [one for one in external_ids if one]
    twice = [f"{one}: comes more than once" for one, times in Counter(named).items() if times > 1]
    if twice:
        raise AppError("invalid", "An external id comes more than once.", fields={"external_id": twice})
    held = documents.of(user).select_for_update().filter(collection=collection, external_id__in=named).order_by("pk")
    there = {document.external_id: document for document in held}
    if there and not replace:
        raise documents.taken(sorted(there), collection)
    most = settings.CONFIG.max_documents_per_user
    if documents.of(user).count() + len(external_ids) - len(there) > most:
        raise AppError("limit_reached", f"You may have {most:,} documents. Delete some that you need no more.")
    now = timezone.now()
    return [
        # What comes together keeps its order.
        there.get(one)
        or Document(owner=user, collection=collection, external_id=one, created_at=now + timedelta(microseconds=number))
        for number, one in enumerate(external_ids)
    ]


def set_text(document: Document, text: str, *, media_type: str, pages: int = 0, is_cut: bool = False) -> None:
    """Give a document its text, whatever became of it before. Raises `AppError("no_text")`."""
    if not text.strip():
        raise AppError("no_text", "There is no text in it.")
    values: dict[str, Any] = {"text": text, "media_type": media_type, "pages": pages, "is_cut": is_cut}
    values |= {"folded_text": fold(text[:SEARCHED]), "characters": len(text), "tokens": tokens_of(text)}
    values |= {"status": DocumentStatus.READY, "error_code": "", "error_message": ""}
    for name, value in values.items():
        setattr(document, name, value)
    document.updated_at = timezone.now()
