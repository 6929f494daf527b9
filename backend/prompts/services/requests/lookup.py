"""Which batches of requests somebody may see."""

from uuid import UUID

from django.db.models import Q, QuerySet

from backend.accounts.models import User
from backend.prompts.models import Batch, Source
from backend.prompts.services import batches
from backend.prompts.services.requests.ids import no_batch, parse_batch_id


def readable_by(user: User) -> QuerySet[Batch]:
    """The batches of requests that a user owns or was given to watch."""
    return batches.readable_by(user).filter(source=Source.REQUESTS)


def get(user: User, ident: UUID, param: str = "batch_id") -> Batch:
    """The batch, or `AppError("not_found")`."""
    found = readable_by(user).filter(pk=ident).first()
    if found is None:
        raise no_batch(param)
    return found


def page(user: User, *, after: str, limit: int) -> tuple[list[Batch], bool]:
    """Up to `limit` batches behind the batch `after`, the newest first, and whether there are more. "": from the
    beginning.
    """
    rows = readable_by(user).order_by("-created_at", "pk")
    if after:
        last = get(user, parse_batch_id(after, "after"), "after")
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk))
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit
