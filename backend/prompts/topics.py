"""The topic of a batch: its details, and the state of each of its cells."""

from typing import Final
from uuid import UUID

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.live.topics import Snapshot, TopicKind
from backend.prompts.models import Batch
from backend.prompts.services import batches, cells
from backend.prompts.services.schemas import describe


def _may_read(user: User, ident: str) -> bool:
    try:
        batch_id = UUID(ident)
    except ValueError:
        return False
    return batches.readable_by(user).filter(pk=batch_id).exists()


def _snapshot(ident: str) -> Snapshot:
    batch = Batch.objects.select_related("job__owner").filter(pk=UUID(ident)).first()
    if batch is None:
        raise AppError("not_found", "The batch was deleted.")
    return Snapshot({"batch": describe(batch), "states": cells.states(batch)})


BATCH: Final = TopicKind("batch", _may_read, _snapshot, events=("details", "cells", "deleted"), scope="prompts")
