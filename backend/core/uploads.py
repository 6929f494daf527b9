"""Uploads go to disk as they arrive, and stop at the size limit."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from backend.core.errors import AppError


class UploadTooLarge(AppError):
    def __init__(self) -> None:
        super().__init__("too_large", f"The upload is larger than {settings.CONFIG.max_upload_mb} MB.")


class BoundedFileUploadHandler(TemporaryFileUploadHandler):
    """Django's streaming handler with an end: past the limit the upload is dropped and answered with 413."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:  # noqa: N803
        if content_length > self._limit:
            raise UploadTooLarge

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self._limit:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=True)
        return super().receive_data_chunk(raw_data, start)

    @property
    def _limit(self) -> int:
        return int(settings.CONFIG.max_upload_mb) * 1024 * 1024
