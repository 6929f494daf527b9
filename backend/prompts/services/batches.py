"""What people do with batches: begin, find, rename, share, repeat and delete them."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.paging import PageAsked, page_of
from backend.core.text import fold, folded_title, title_of
from backend.documents.models import Document
from backend.jobs import quota
from backend.jobs import services as jobs
from backend.jobs.models import Job
from backend.live.publish import publish
from backend.prompts.models import Batch, Row
from backend.prompts.services import cells
from backend.prompts.services.choosing import check_ready, chosen
from backend.prompts.services.schemas import describe_many
from backend.prompts.services.wishes import BatchIn, check, check_size

KIND: Final = "batch"
PREVIEW_KIND: Final = "preview"
PAGE: Final = 25
MAX_FOLDED_ROW: Final = 700
PREVIEWS_FOR: Final = timedelta(hours=6)


def readable_by(user: User) -> QuerySet[Batch]:
    """The batches that a user owns or was given to watch."""
    mine = Batch.objects.filter(job__in=jobs.readable_by(user).values("pk"))
    return mine.select_related("job__owner").prefetch_related("job__viewers")


def get(user: User, batch_id: UUID) -> Batch:
    """The batch, or `AppError("not_found")`: what is not yours to see does not exist for you."""
    try:
        return readable_by(user).get(pk=batch_id)
    except ObjectDoesNotExist:
        raise _unknown() from None


def get_own(user: User, batch_id: UUID) -> Batch:
    """The batch for a change; `AppError("forbidden")` for one that was only shared with the user."""
    batch = get(user, batch_id)
    if batch.job.owner_id != user.pk:
        raise AppError("forbidden", "Only its owner may change a batch.")
    return batch


def lock(user: User, batch_id: UUID) -> Batch:
    """The same, held with its job until the transaction ends."""
    get_own(user, batch_id)
    try:
        job = Job.objects.select_for_update(of=("self",)).select_related("owner").get(pk=batch_id)
        batch = Batch.objects.select_for_update(of=("self",)).get(pk=batch_id)
    except ObjectDoesNotExist:  # somebody has deleted it meanwhile
        raise _unknown() from None
    batch.job = job
    return batch


def search(user: User, *, words: str, status: str, page: int, page_size: int = PAGE) -> dict[str, Any]:
    """One page of the batches whose title holds `words`, newest first."""
    found = readable_by(user).filter(is_preview=False)
    if words.strip():
        found = found.filter(folded_title__contains=fold(words))
    if status:
        found = found.filter(job__status=status)
    asked = PageAsked(page, page_size, PAGE, "/api/batches", {"search": words, "status": status})
    return page_of(found, asked, describe_many)


@transaction.atomic
def create(user: User, wishes: BatchIn) -> Batch:
    """Queue a batch. Raises `AppError` for wishes that cannot be met, and where a limit is reached."""
    check(wishes)
    quota.check(user)
    found = chosen(user, wishes)
    check_size(wishes, len(found))
    check_ready(found)
    if wishes.preview:
        forget_previews(user)
    title = title_of(wishes.title) or _title_for(wishes, found)
    ident = uuid4()
    kind = PREVIEW_KIND if wishes.preview else KIND
    job = jobs.submit(owner=user, kind=kind, title=title, subject=f"batch:{ident}", job_id=ident)
    batch = Batch.objects.create(
        job=job,
        is_preview=wishes.preview,
        title=title,
        folded_title=folded_title(title),
        prompts=[prompt.model_dump() for prompt in wishes.prompts],
        row_count=len(found),
        model=wishes.model,
        system_prompt=wishes.system_prompt,
        temperature=wishes.temperature,
        max_tokens=wishes.max_tokens,
        created_at=timezone.now(),
    )
    Row.objects.bulk_create((_row(batch, place, document) for place, document in enumerate(found)), batch_size=500)
    return batch


@transaction.atomic
def rename(user: User, batch_id: UUID, title: str) -> Batch:
    batch = lock(user, batch_id)
    batch.title = title_of(title) or batch.title
    batch.folded_title = folded_title(batch.title)
    batch.save(update_fields=["title", "folded_title"])
    cells.tell(batch)
    return batch


@transaction.atomic
def retry_failed(user: User, batch_id: UUID) -> Batch:
    """Have the failed cells of a batch that has ended done once more, with those that are missing."""
    batch = lock(user, batch_id)
    if not batch.job.has_ended:
        raise AppError("conflict", "The batch is not at its end. Wait for it, or cancel it.")
    if not cells.forget_failed(batch):
        raise AppError("conflict", "No cell of this batch has failed.")
    quota.check(user)
    jobs.repeat(batch.job)
    cells.tell(batch, restart=True)
    return batch


@transaction.atomic
def delete(user: User, batch_id: UUID) -> None:
    """Delete a batch with its results, ending its job where that has not ended."""
    batch = lock(user, batch_id)
    jobs.remove(batch.job)
    publish(batch.topic, "deleted", {})


def forget_previews(user: User) -> None:
    """Delete a user's previews: there is one at a time."""
    for job in Job.objects.filter(owner=user, kind=PREVIEW_KIND):
        jobs.remove(job)


def purge() -> None:
    """Delete the previews that nobody looks at any more."""
    for job in Job.objects.filter(kind=PREVIEW_KIND, created_at__lt=timezone.now() - PREVIEWS_FOR):
        jobs.remove(job)


def job_ended(job: Job) -> None:
    """Tell those who look at a batch that it has ended."""
    batch = Batch.objects.filter(pk=job.pk).first()
    if batch is not None:
        if batch.busy_until is not None:
            batch.busy_until = None
            batch.save(update_fields=["busy_until"])
        cells.tell(batch)


def remove_files(batch: Batch) -> None:
    """Remove the files of a batch with the current transaction, however its row came to be deleted."""
    transaction.on_commit(partial(shutil.rmtree, batch.directory, ignore_errors=True), robust=True)


def _unknown() -> AppError:
    return AppError("not_found", "There is no such batch, or it is not yours to see.")


def _title_for(wishes: BatchIn, found: Sequence[Document]) -> str:
    about = found[0].title if len(found) == 1 else f"{len(found):,} documents"
    return title_of(f"{', '.join(prompt.name for prompt in wishes.prompts[:3])}: {about}")


def _row(batch: Batch, position: int, document: Document) -> Row:
    return Row(
        batch=batch,
        position=position,
        document=document,
        collection=document.collection,
        external_id=document.external_id,
        title=document.title,
        folded_title=folded_title(f"{document.title} {document.external_id}", MAX_FOLDED_ROW),
    )
