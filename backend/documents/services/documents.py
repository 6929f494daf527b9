"""TEMP"""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.documents.models import Document


def of(user: User) -> QuerySet[Document]:
    return Document.objects.filter(owner=user).defer("text", "folded_text")


def text_of(document_id: UUID) -> str | None:
    return Document.objects.filter(pk=document_id).values_list("text", flat=True).first()


def resolve(user: User, collection: str, external_ids: Sequence[str]) -> list[Document]:
    found = {d.external_id: d for d in of(user).filter(collection=collection, external_id__in=external_ids)}
    missing = [i for i in external_ids if i not in found]
    if missing:
        raise AppError("unknown_document", fields={f"{collection}_list": missing})
    return [found[i] for i in external_ids]
