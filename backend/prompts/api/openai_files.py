"""`/v1/files` as OpenAI's clients call it: files of requests to upload, and the results of batches to download."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from pydantic import Field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.api import AnyAccept
from backend.core.uploads import BoundedFileUploadHandler, measure_body, uploaded_file, uploaded_form
from backend.live.commands import Input, validate
from backend.live.openai.turns import in_turn
from backend.prompts.api.openai_base import OpenAIView, user_of
from backend.prompts.api.openai_shapes import file_object, list_of
from backend.prompts.services.requests import files
from backend.prompts.services.requests.ids import FileId

MAX_PAGE: Final = 1000
_FORM: Final = inline_serializer(
    "RequestFile",
    {"file": serializers.FileField(), "purpose": serializers.ChoiceField([files.PURPOSE])},
)


class ListQuery(Input):
    """OpenAI's clients may ask for up to 10,000 files; a page has fewer, and says that there are more."""

    after: str = Field(default="", max_length=100)
    limit: int = Field(default=MAX_PAGE, ge=1, le=10_000)
    order: Literal["asc", "desc"] = "desc"
    purpose: str = Field(default="", max_length=100)


class UploadForm(Input):
    purpose: Literal["batch"]


class RequestFileUploadHandler(BoundedFileUploadHandler):
    @property
    def megabytes(self) -> int:
        return int(settings.CONFIG.max_batch_file_mb)


class Files(OpenAIView):
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        measure_body(request)
        request.upload_handlers = [RequestFileUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="openai_files",
        summary="Your files of requests, and the results of your batches, as OpenAI's clients list them",
        parameters=[
            OpenApiParameter("after", str),
            OpenApiParameter("limit", int),
            OpenApiParameter("order", str, enum=["asc", "desc"]),
            OpenApiParameter("purpose", str, enum=[files.PURPOSE, files.RESULTS_PURPOSE]),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        asked = validate(ListQuery, request.query_params.dict())
        assert isinstance(asked, ListQuery)
        found, more = files.page(
            user_of(request),
            purpose=asked.purpose,
            after=asked.after,
            order=asked.order,
            limit=min(asked.limit, MAX_PAGE),
        )
        return Response(list_of([file_object(file) for file in found], more))

    @extend_schema(
        operation_id="openai_file_create",
        summary="Upload a file of requests for a batch, one JSON object a line",
        request={"multipart/form-data": _FORM},
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        form = uploaded_form(request)
        validate(UploadForm, {name: value for name, value in form.items() if name != "file"})
        file = uploaded_file(form)
        kept = files.keep(user_of(request), Path(file.temporary_file_path()), file.name or "")
        return Response(file_object(kept))


class OneFile(OpenAIView):
    @extend_schema(operation_id="openai_file", summary="One of the files", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, file_id: str) -> Response:
        return Response(file_object(files.find(user_of(request), FileId.parse(file_id))))

    @extend_schema(
        operation_id="openai_file_delete", summary="Delete a file of requests", responses=OpenApiTypes.OBJECT
    )
    def delete(self, request: Request, file_id: str) -> Response:
        files.delete(user_of(request), FileId.parse(file_id))
        return Response({"id": file_id, "object": "file", "deleted": True})


class FileContent(OpenAIView):
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="openai_file_content",
        summary="What is in one of the files",
        responses={(200, "application/jsonl"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, file_id: str) -> HttpResponseBase:
        name, blocks = files.content(user_of(request), FileId.parse(file_id))
        # An event loop must not wait for the disk or the database.
        is_async = isinstance(request._request, ASGIRequest)  # noqa: SLF001 (DRF offers no other way to the request)
        response = StreamingHttpResponse(_in_turns(blocks) if is_async else blocks, content_type="application/jsonl")
        disposition = content_disposition_header(as_attachment=True, filename=name)
        response["Content-Disposition"] = disposition or "attachment"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-cache"
        return response


async def _in_turns(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await in_turn(lambda: next(blocks, b"")):
        yield block
