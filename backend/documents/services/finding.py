"""Finding documents: by their words, by collection, by status."""

from typing import Any, Final

from django.db.models import Count, F, Q, Sum

from backend.accounts.models import User
from backend.core.paging import PageAsked, page_of
from backend.core.text import fold
from backend.documents.services.documents import of
from backend.documents.services.schemas import describe_many

PAGE: Final = 25
# In these the words of a text are looked for, one after the other; titles and external ids are looked at in all.
NEWEST: Final = 5_000
ADDRESS: Final = "/api/documents"


def search(
    user: User, *, words: str = "", collection: str = "", status: str = "", page: int = 1, page_size: int = PAGE
) -> dict[str, Any]:
    """One page of the documents that hold `words`, newest first: in their title or external id, or, of the newest
    5,000 of that collection and status, in the first 100,000 characters of their text.
    """
    found = of(user)
    if collection:
        found = found.filter(collection=collection)
    if status:
        found = found.filter(status=status)
    if words.strip():
        folded = fold(words)
        newest = found.order_by("-created_at", "id").values("pk")[:NEWEST]
        # Databases look at conditions in this order: no text of an older document is read.
        found = found.filter(Q(folded_title__contains=folded) | Q(pk__in=newest) & Q(folded_text__contains=folded))
    asked = {"search": words, "collection": collection, "status": status}
    return page_of(found, PageAsked(page, page_size, PAGE, ADDRESS, asked), describe_many)


def collections(user: User) -> dict[str, Any]:
    """The collections of a user by name, with how much is in them."""
    named = of(user).values(name=F("collection")).order_by("collection")
    return {"results": list(named.annotate(documents=Count("pk"), characters=Sum("characters")))}
