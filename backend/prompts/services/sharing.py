"""Who else may read a batch and watch its job."""

from uuid import UUID

from django.db import transaction

from backend.accounts.models import User
from backend.accounts.services import find_person
from backend.jobs import services as jobs
from backend.prompts.models import Batch
from backend.prompts.services import batches, cells


@transaction.atomic
def share(user: User, batch_id: UUID, who: str) -> Batch:
    """Let somebody, named by username or email, read the batch."""
    batches.lock(user, batch_id)
    jobs.share(user, batch_id, find_person(who))
    return _told(user, batch_id)


@transaction.atomic
def unshare(user: User, batch_id: UUID, who: str) -> Batch:
    """Take that back. Whoever reads it at this moment is cut off."""
    batches.lock(user, batch_id)
    jobs.unshare(user, batch_id, find_person(who))
    return _told(user, batch_id)


def _told(user: User, batch_id: UUID) -> Batch:
    batch = batches.get(user, batch_id)
    cells.tell(batch)
    return batch
