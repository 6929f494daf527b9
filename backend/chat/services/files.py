"""Attached files: kept on disk until a job has read their text."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.db import transaction

from backend.accounts.models import User
from backend.chat.models import Attachment, AttachmentStatus, stored
from backend.chat.services import attaching, conversations
from backend.chat.services.schemas import describe_attachment
from backend.core import uploads
from backend.core.errors import AppError
from backend.core.text import title_of_file
from backend.engines.documents import MEDIA_TYPES
from backend.engines.documents_apart import read_apart
from backend.jobs import services as jobs
from backend.jobs.errors import JobFailed
from backend.jobs.models import Job, Status
from backend.jobs.running import Run

KIND: Final = "attachment"
GONE: Final = "The file is not there any more. Attach it again."


@transaction.atomic
def attach(user: User, conversation_id: int, upload: Path, name: str) -> dict[str, Any]:
    """Keep the file at `upload`, which is moved, as an attachment of the next message, and queue its reading.

    `name` is what the user calls it. The answer is the attachment as clients see it.
    """
    conversation = conversations.lock(user, conversation_id)
    title, ident = title_of_file(name) or "File", uuid4()
    with ExitStack() as undo:
        uploads.move_in(upload, stored(ident), undo)
        job = jobs.submit(owner=user, kind=KIND, title=title, subject=conversation.topic)
        made = attaching.add(conversation, title=title, job=job, file=ident, status=AttachmentStatus.READING)
        undo.pop_all()
    return describe_attachment(made).model_dump(mode="json")


def read(run: Run) -> None:
    """The work of the job: read the text, store it, delete the file. Raises `AppError` for what cannot be read."""
    attachment = Attachment.objects.filter(job=run.job, status=AttachmentStatus.READING).first()
    if attachment is None or attachment.file is None:
        raise JobFailed("not_found", GONE)
    try:
        document = read_apart(stored(attachment.file), run.raise_if_cancelled)
    except FileNotFoundError:
        raise JobFailed("not_found", GONE) from None
    with run.guarded() as job:
        _finish(
            job,
            status=AttachmentStatus.READY,
            text=document.text,
            characters=len(document.text),
            is_cut=document.is_cut,
            media_type=MEDIA_TYPES[document.kind],
        )


def job_ended(job: Job) -> None:
    """An attachment that was not read says why, or goes with its job when that was cancelled."""
    if job.status == Status.FAILED:
        error = job.error or AppError("internal").as_problem()
        _finish(job, status=AttachmentStatus.ERROR, error_code=error["code"], error_message=error["message"])
    elif job.status == Status.CANCELLED:
        attachment = _being_read(job)
        if attachment is not None:
            attaching.remove(attachment)


def remove_file(attachment: Attachment) -> None:
    """Delete an attachment's file, if there is one, with the current transaction."""
    if attachment.file is not None:
        uploads.remove_file(stored(attachment.file))


def _finish(job: Job, **values: Any) -> None:
    attachment = _being_read(job)
    if attachment is None:
        return
    remove_file(attachment)
    for name, value in {**values, "file": None}.items():
        setattr(attachment, name, value)
    attachment.save(update_fields=[*values, "file"])
    attaching.tell(attachment)


def _being_read(job: Job) -> Attachment | None:
    held = Attachment.objects.select_for_update(of=("self",)).select_related("conversation")
    return held.filter(job=job, status=AttachmentStatus.READING).first()
