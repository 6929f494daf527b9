"""The job that reads the files of documents, one after the other."""

from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from backend.core.errors import AppError
from backend.documents.models import Document, DocumentStatus, stored
from backend.documents.services import adding, documents
from backend.engines.documents import MEDIA_TYPES
from backend.engines.documents import Document as Found
from backend.engines.documents_apart import read_apart
from backend.jobs.errors import JobFailed
from backend.jobs.models import Job, Status
from backend.jobs.running import Run

KIND: Final = "reading"
GONE: Final = "The file is not there any more. Upload it again."


def read(run: Run) -> None:
    """The work of the job: read each file, store its text, delete it. A file that cannot be read makes an error of
    its document; the job fails where no text came of any. Files that an earlier attempt has read are not there.
    """
    waiting = _begin(run)
    total = _of(run.job).count()
    for done, document_id in enumerate(waiting, start=total - len(waiting)):
        run.progress(done, total, stage="reading", unit="documents")
        run.raise_if_cancelled()
        _read_one(run, document_id)
    run.progress(total, total, stage="reading", unit="documents")
    _judge(run.job, has_read=bool(waiting))


def job_ended(job: Job) -> None:
    """Files that a failed job has not read stay for another try, and say why; those of a cancelled one go."""
    if job.status not in (Status.FAILED, Status.CANCELLED):
        return
    error = AppError((job.error or {}).get("code", "internal"), (job.error or {}).get("message", ""))
    held = list(_of(job).filter(file__isnull=False).select_for_update().order_by("pk"))
    if job.status == Status.CANCELLED:
        documents.remove([document for document in held if not document.characters])
        held = [document for document in held if document.characters]
    for document in held:
        if job.status == Status.FAILED:
            refuse(document, error, keep_file=True)
        else:
            documents.forget_file(document)
            document.status = DocumentStatus.READY
        document.save()
        documents.tell(document)


def refuse(document: Document, error: AppError, *, keep_file: bool = False) -> None:
    """Say in a document why its file was not read. What it had of text before stays, and is ready as before."""
    if not keep_file:
        documents.forget_file(document)
    document.status = DocumentStatus.READY if document.characters else DocumentStatus.ERROR
    document.error_code, document.error_message = error.code, error.message


def _begin(run: Run) -> list[UUID]:
    """What is to be read, in the order in which it came; files that an earlier run of the job left are tried again."""
    with run.guarded() as job:
        found = list(_of(job).filter(file__isnull=False).select_for_update().order_by("pk"))
        for document in found:
            if document.status != DocumentStatus.READING:
                document.status, document.error_code, document.error_message = DocumentStatus.READING, "", ""
                document.save()
                documents.tell(document)
    return [document.pk for document in sorted(found, key=lambda one: (one.created_at, one.pk))]


def _read_one(run: Run, document_id: UUID) -> None:
    file = _of(run.job).filter(pk=document_id).values_list("file", flat=True).first()
    if file is None:
        return  # deleted or replaced meanwhile
    found: Found | AppError
    try:
        found = read_apart(stored(file), run.raise_if_cancelled)
    except FileNotFoundError:
        found = AppError("not_found", GONE)
    except AppError as error:
        found = error
    with run.guarded() as job:
        document = _of(job).select_for_update().filter(pk=document_id, file=file).first()
        if document is None:
            return
        if isinstance(found, AppError):
            refuse(document, found)
        else:
            document.size = stored(file).stat().st_size
            _store(document, found)
        document.save()
        documents.tell(document)


def _store(document: Document, found: Found) -> None:
    """Give a document the text of its file, with what came with it."""
    documents.name_it(document, document.new_title or document.title)
    documents.forget_file(document)
    document.reference = ""
    media_type = MEDIA_TYPES[found.kind]
    adding.set_text(document, found.text, media_type=media_type, pages=found.pages, is_cut=found.is_cut)


def _judge(job: Job, *, has_read: bool) -> None:
    errors = list(_of(job).values_list("error_code", "error_message"))
    was_asked_again = job.queued_at > job.created_at
    if not errors and (has_read or not was_asked_again):
        return  # all were deleted, or replaced by others
    if all(code for code, _ in errors):
        code, message = errors[0] if has_read and len(errors) == 1 else ("not_found", GONE)
        if has_read and len(errors) > 1:
            code, message = "unreadable_document", f"None of the {len(errors)} files could be read."
        raise JobFailed(code, message)


def _of(job: Job) -> QuerySet[Document]:
    return Document.objects.filter(job=job)
