"""`POST /api/transcripts/`: a recording by multipart form."""

from pathlib import Path
from typing import Any, Final

from django.core.files.uploadedfile import TemporaryUploadedFile
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.uploads import UploadTooLarge
from backend.speech.services import uploads

MAX_KEY: Final = 100
_OPTIONS: Final = ("language", "task", "hotwords", "model", "title")
_FORM: Final = inline_serializer(
    "Recording",
    {
        "file": serializers.FileField(),
        "language": serializers.CharField(required=False, help_text="a code; empty: find out"),
        "task": serializers.ChoiceField(["transcribe", "translate"], required=False),
        "hotwords": serializers.CharField(required=False, max_length=uploads.MAX_HOTWORDS),
        "model": serializers.CharField(required=False),
        "title": serializers.CharField(required=False, max_length=uploads.MAX_TITLE),
    },
)


class Upload(APIView):
    scope = "speech"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="transcript.create",
        summary="Upload a recording and queue its transcription",
        request={"multipart/form-data": _FORM},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={201: dict[str, Any]},
    )
    def post(self, request: Request) -> Response:
        return Response(receive(request, "file"), status=201)


def receive(request: Request, field: str) -> dict[str, Any]:
    """Take the recording out of a multipart request: `{"transcript", "job"}`. Raises `AppError`."""
    file = _file(request, field)
    given = {name: request.data[name] for name in _OPTIONS if name in request.data}
    key = request.headers.get("Idempotency-Key") or None
    if key and len(key) > MAX_KEY:
        raise AppError("invalid", f"Idempotency-Key is longer than {MAX_KEY} characters.")
    assert isinstance(request.user, User)
    path = Path(file.temporary_file_path())
    return uploads.take_in(request.user, path, uploads.read_wishes(given), name=file.name or "", key=key)


def _file(request: Request, field: str) -> TemporaryUploadedFile:
    # The parser runs with this access; it drops what is too large and leaves a mark.
    file = request.data.get(field)
    if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 (DRF offers no other way to the request)
        raise UploadTooLarge
    if not isinstance(file, TemporaryUploadedFile):
        if "Content-Length" not in request.headers:
            raise AppError("bad_request", "The upload must say its length in the header Content-Length.")
        raise AppError("invalid", "The recording is missing.", fields={field: ["Send a file under this name."]})
    return file
