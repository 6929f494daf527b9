"""Taking in files: kept on disk until the job that is queued here has read their texts."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import title_of_file
from backend.core.uploads import move_in
from backend.documents.models import Document, DocumentStatus, stored
from backend.documents.services import adding, documents, reading
from backend.documents.services.schemas import describe_many
from backend.jobs import services as jobs
from backend.live.commands import Command, Input, execute


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as it came: `name` is what the user calls it, `path` where it is; None where it was too large to keep."""

    name: str
    path: Path | None


def take_in(
    user: User,
    files: Sequence[Brought],
    *,
    collection: str,
    external_ids: Sequence[str] = (),
    title: str = "",
    replace: bool = False,
    key: str | None = None,
) -> dict[str, Any]:
    """Keep files, which are moved, as documents, and queue one job that reads them: `{"documents", "job"}`.

    `external_ids` are none, or one for each file; `title` is for one file only. With a `key` the first answer is
    kept and given again. Raises `AppError`: `invalid`, `conflict`, `limit_reached`, `too_large` where no file is
    small enough; otherwise those that are too large are documents that say so.
    """
    _check(files, external_ids, title)
    ids = list(external_ids) or [""] * len(files)
    names = [title or _name_of(file) for file in files]
    with ExitStack() as undo:

        def create(owner: User, _: Input) -> dict[str, Any]:
            rows = adding.make_room(owner, collection, ids, replace=replace)
            shown = names[0] if len(names) == 1 else f"{len(names)} documents"
            job = jobs.submit(owner=owner, kind=reading.KIND, title=shown)
            for document, file, name in zip(rows, files, names, strict=True):
                _begin(document, file, name, undo)
                document.job = job
                document.save()
                documents.tell(document)
            return {"documents": describe_many(rows), "job": jobs.describe(job)}

        command = Command("document.upload", Input, create, "POST", "api/documents", "documents", status=201)
        answer = execute(command, user, {}, key=key, scopes=None)
        undo.pop_all()
    return answer


def _check(files: Sequence[Brought], external_ids: Sequence[str], title: str) -> None:
    problems: dict[str, list[str]] = {}
    if not files:
        problems["file"] = ["Send one file or more under this name."]
    if external_ids and len(external_ids) != len(files):
        problems["external_id"] = ["Send none, or one for each file in the same order."]
    if title and len(files) != 1:
        problems["title"] = ["A title can be given to one file only."]
    if problems:
        raise AppError("invalid", "Some values are not valid.", fields=problems)
    if all(file.path is None for file in files):
        raise AppError("too_large", _too_large(files[0]))


def _begin(document: Document, file: Brought, name: str, undo: ExitStack) -> None:
    if file.path is None:
        documents.name_it(document, document.title or name)
        reading.refuse(document, AppError("too_large", _too_large(file)))
        return
    documents.forget_file(document)
    if document.characters:
        # What it says of itself goes with its text, which stays until there is another.
        document.new_title = name
    else:
        documents.name_it(document, name)
        document.size = file.path.stat().st_size
    document.status = DocumentStatus.READING
    document.error_code = document.error_message = ""
    document.file = _moved(file.path, undo)


def _moved(upload: Path, undo: ExitStack) -> UUID:
    """The upload at a place of its own; `undo` takes it away again."""
    ident = uuid4()
    move_in(upload, stored(ident), undo)
    return ident


def _name_of(file: Brought) -> str:
    return title_of_file(file.name) or "Document"


def _too_large(file: Brought) -> str:
    return f"{_name_of(file)} is larger than {settings.CONFIG.max_document_mb} MB."
