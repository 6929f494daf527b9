"""What people do with their documents, and what may be done with them by higher layers."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Substr
from django.utils import timezone

from backend.accounts.models import User
from backend.core import uploads
from backend.core.errors import AppError
from backend.core.text import fold, title_of
from backend.documents.models import Document, stored
from backend.documents.services.schemas import describe
from backend.live.publish import publish

MOST_TITLE: Final = 400
MOST_NAMED: Final = 20
SHOWN: Final = 20_000
# Databases bound how many values one query may have.
AT_ONCE: Final = 500


def of(user: User) -> QuerySet[Document]:
    """The documents of a user; nobody else sees them."""
    return Document.objects.filter(owner=user)


def get(user: User, document_id: UUID) -> Document:
    """The document, or `AppError("not_found")`: what is not yours does not exist for you."""
    return _one(of(user), document_id)


def beginning_of(document: Document) -> str:
    """The first 20,000 characters of the text."""
    shown = Document.objects.filter(pk=document.pk).values_list(Substr("text", 1, SHOWN), flat=True)
    return shown.first() or ""


def text_of(document_id: UUID) -> str | None:
    """The whole text, "" before it was read; None where there is no such document."""
    return Document.objects.filter(pk=document_id).values_list("text", flat=True).first()


def resolve(user: User, collection: str, external_ids: Sequence[str]) -> list[Document]:
    """The documents of a collection with these external ids, in this order, whether they have been read or not.

    Raises `AppError("unknown_document")`, which names at most 20 of those that are not there.
    """
    found: dict[str, Document] = {}
    wanted = list(dict.fromkeys(filter(None, external_ids)))
    for first in range(0, len(wanted), AT_ONCE):
        part = of(user).filter(collection=collection, external_id__in=wanted[first : first + AT_ONCE])
        found |= {document.external_id: document for document in part}
    missing = [one for one in dict.fromkeys(external_ids) if one not in found]
    if missing:
        named = [f"{one}: there is no such document" for one in missing[:MOST_NAMED]]
        what = "1 document is" if len(missing) == 1 else f"{len(missing)} documents are"
        raise AppError("unknown_document", f"{what} not in {collection}.", fields={f"{collection}_list": named})
    return [found[one] for one in external_ids]


@transaction.atomic
def update(user: User, document_id: UUID, changes: dict[str, str]) -> Document:
    """Change the title, the collection or the external id. `conflict` where another document is known by that."""
    lock_all(user)
    document = _one(of(user).select_for_update(), document_id)
    for name, value in changes.items():
        setattr(document, name, value)
    others = of(user).filter(collection=document.collection, external_id=document.external_id)
    if document.external_id and others.exclude(pk=document.pk).exists():
        raise taken([document.external_id], document.collection)
    if "title" in changes:
        document.new_title = ""
    name_it(document, document.title)
    document.save()
    tell(document)
    return document


@transaction.atomic
def delete(user: User, document_id: UUID) -> None:
    if not delete_many(user, [document_id]):
        raise _unknown()


@transaction.atomic
def delete_many(user: User, document_ids: Sequence[UUID]) -> int:
    """Delete those of the documents that are there; how many. Results of prompts over them stay."""
    held = list(of(user).select_for_update().filter(pk__in=document_ids).order_by("pk"))
    remove(held)
    return len(held)


def remove(documents: Sequence[Document]) -> None:
    """Delete documents that are held, and tell so. Their files go by a signal."""
    Document.objects.filter(pk__in=[document.pk for document in documents]).delete()
    for document in documents:
        publish(f"user:{document.owner_id}", "document_removed", {"id": str(document.pk)})


def lock_all(user: User) -> None:
    """Let nobody else add documents of this user, or name them, until the transaction ends."""
    User.objects.select_for_update().get(pk=user.pk)


def name_it(document: Document, title: str) -> None:
    """Set the title, and what a search compares: it and the external id."""
    document.title = title_of(title) or "Document"
    document.folded_title = fold(f"{document.title} {document.external_id}")[:MOST_TITLE]
    document.updated_at = timezone.now()


def taken(external_ids: Sequence[str], collection: str) -> AppError:
    """The error for external ids that other documents have already."""
    named = [f"{one}: there is such a document already" for one in external_ids[:MOST_NAMED]]
    return AppError(
        "conflict", f"{collection} has a document {external_ids[0]!r} already.", fields={"external_id": named}
    )


def tell(document: Document) -> None:
    publish(f"user:{document.owner_id}", "document", describe(document))


def forget_file(document: Document) -> None:
    """Delete a document's file, if there is one, with all that was to come of it."""
    remove_file(document)
    document.file = None
    document.new_title = ""


def remove_file(document: Document) -> None:
    """Delete a document's file, if there is one, with the current transaction."""
    if document.file is not None:
        uploads.remove_file(stored(document.file))


def _one(documents: QuerySet[Document], document_id: UUID) -> Document:
    try:
        return documents.get(pk=document_id)
    except ObjectDoesNotExist:
        raise _unknown() from None


def _unknown() -> AppError:
    return AppError("not_found", "There is no such document, or it is not yours.")
