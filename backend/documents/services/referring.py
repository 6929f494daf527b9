"""A document as a text that other domains may read."""

from uuid import UUID

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.documents.services import documents
from backend.live.references import Referenced


def read(user: User, ident: str) -> Referenced:
    """Its text, "" before it was read. Raises `AppError("not_found")`."""
    try:
        document = documents.get(user, UUID(ident))
    except ValueError:
        raise AppError("not_found", "There is no such document, or it is not yours.") from None
    return Referenced(document.title, documents.text_of(document.pk) or "")
