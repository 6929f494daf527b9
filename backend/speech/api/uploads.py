"""`POST /api/transcripts/`: a recording by multipart form."""

from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.core.text import MAX_TITLE
from backend.core.uploads import measure_body, uploaded_file, uploaded_form
from backend.live.api import CommandView, key_of
from backend.speech.api.commands import LIST
from backend.speech.services import uploads
from backend.speech.services.schemas import UploadOut

_OPTIONS: Final = tuple(uploads.Wishes.model_fields)
_FORM: Final = inline_serializer(
    "Recording",
    {
        "file": serializers.FileField(),
        "language": serializers.CharField(required=False, help_text="a code; empty: find out"),
        "task": serializers.ChoiceField(["transcribe", "translate"], required=False),
        "hotwords": serializers.CharField(required=False, max_length=uploads.MAX_HOTWORDS),
        "model": serializers.CharField(required=False),
        "title": serializers.CharField(required=False, max_length=MAX_TITLE),
        "diarize": serializers.BooleanField(required=False, help_text="find out who says what"),
        "speakers": serializers.IntegerField(required=False, min_value=0, max_value=uploads.MAX_SPEAKERS),
        "min_speakers": serializers.IntegerField(required=False, min_value=0, max_value=uploads.MAX_SPEAKERS),
        "max_speakers": serializers.IntegerField(required=False, min_value=0, max_value=uploads.MAX_SPEAKERS),
    },
)


_SEARCH: Final = [
    OpenApiParameter("search", str, description="words of the title or the text"),
    OpenApiParameter("page", int),
    OpenApiParameter("page_size", int),
]


class MultipartView(CommandView):
    """Takes recordings. A body in chunks says no length; it is on disk when a view is called, and is measured
    there.
    """

    scope = "speech"
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        measure_body(request)
        return super().initialize_request(request, *args, **kwargs)


class Transcripts(MultipartView):
    @extend_schema(operation_id=LIST.name, summary=LIST.summary, parameters=_SEARCH, responses=LIST.output)
    def get(self, request: Request) -> Response:
        return self.run(LIST, request, {})

    @extend_schema(
        operation_id="transcript.create",
        summary="Upload a recording and queue its transcription",
        request={"multipart/form-data": _FORM},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={201: UploadOut},
    )
    def post(self, request: Request) -> Response:
        return Response(receive(request, "file"), status=201)


def receive(request: Request, field: str, kind: str = uploads.KIND) -> dict[str, Any]:
    """Take the recording out of a multipart request for a job of that kind: `{"transcript", "job"}`. Raises
    `AppError`.
    """
    form = uploaded_form(request)
    file = uploaded_file(form, field)
    given: dict[str, Any] = {name: form[name] for name in _OPTIONS if form.get(name, "") != ""}
    key = key_of(request)
    assert isinstance(request.user, User)
    path = Path(file.temporary_file_path())
    wishes = uploads.read_wishes(given)
    return uploads.take_in(request.user, path, wishes, name=file.name or "", key=key, kind=kind)
