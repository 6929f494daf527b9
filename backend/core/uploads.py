"""Uploads go to disk as they arrive, and stop at the size limit; what is kept of them moves to its place, and goes."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.core.handlers.asgi import ASGIRequest
from django.db import transaction
from django.http import HttpRequest, QueryDict
from rest_framework.request import Request

from backend.core.errors import AppError


def measure_body(request: HttpRequest) -> None:
    """Fill in the length of a body that came in chunks without one; ASGI has stored all of it before a view
    is called.

    Without it the form would be taken for empty, and its size limit would not be looked at.
    """
    if isinstance(request, ASGIRequest) and not request.META.get("CONTENT_LENGTH"):
        stream = request._stream  # noqa: SLF001 (Django keeps the file of the body here)
        length = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        request.META["CONTENT_LENGTH"] = str(length)


def move_in(upload: Path, place: Path, undo: ExitStack) -> None:
    """Move an upload to its place; `undo` takes it away from there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    undo.callback(place.unlink, missing_ok=True)
    # A rename where both are on one disk, which is so unless a deployment says otherwise.
    shutil.move(upload, place)


def remove_file(place: Path) -> None:
    """Delete a file, if it is there, with the current transaction."""
    transaction.on_commit(lambda: place.unlink(missing_ok=True), robust=True)


class UploadTooLarge(AppError):
    def __init__(self, megabytes: int) -> None:
        super().__init__("too_large", f"The upload is larger than {megabytes} MB.")


def uploaded_form(request: Request) -> QueryDict:
    """The multipart form of a request. Raises `UploadTooLarge` where a file of it was dropped on its way."""
    # The parser runs with this access; it drops what is too large and leaves a mark.
    form = request.data
    megabytes = getattr(request._request, "upload_too_large", None)  # noqa: SLF001 (DRF offers no other way to it)
    if megabytes is not None:
        raise UploadTooLarge(megabytes)
    assert isinstance(form, QueryDict)
    return form


def uploaded_file(form: QueryDict, name: str = "file") -> TemporaryUploadedFile:
    """The file under this name, on disk until the request ends. Raises `AppError("invalid")` where there is none."""
    file: Any = form.get(name)
    if not isinstance(file, TemporaryUploadedFile):
        raise AppError("invalid", "The file is missing.", fields={name: ["Send a file under this name."]})
    return file


class BoundedFileUploadHandler(TemporaryFileUploadHandler):
    """Django's streaming handler with an end: past the limit the upload is dropped and answered with 413."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        if content_length > self._limit:
            raise UploadTooLarge(self.megabytes)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self._limit:
            self.request.upload_too_large = self.megabytes  # type: ignore[union-attr]
            raise StopUpload(connection_reset=True)
        return super().receive_data_chunk(raw_data, start)

    @property
    def megabytes(self) -> int:
        """The most that may come."""
        return int(settings.CONFIG.max_upload_mb)

    @property
    def _limit(self) -> int:
        return self.megabytes * 1024 * 1024
