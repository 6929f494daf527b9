"""`POST /api/documents`: files by multipart form."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import SkipFile
from django.http import HttpRequest, QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from pydantic import Field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.uploads import BoundedFileUploadHandler, measure_body
from backend.documents.api.commands import GENERAL, LIST, Collection, ExternalId, Title
from backend.documents.services import files
from backend.documents.services.files import Brought
from backend.documents.services.schemas import DocumentsUploadOut
from backend.live.api import CommandView, key_of
from backend.live.commands import Input, validate

FILE: Final = "file"
_FORM: Final = inline_serializer(
    "DocumentFiles",
    {
        "file": serializers.ListField(child=serializers.FileField(), max_length=settings.DATA_UPLOAD_MAX_NUMBER_FILES),
        "collection": serializers.CharField(required=False, help_text=f"{GENERAL}, if nothing is given"),
        "external_id": serializers.ListField(
            child=serializers.CharField(), required=False, help_text="none, or one for each file in the same order"
        ),
        "title": serializers.CharField(required=False, help_text="of one file"),
        "replace": serializers.BooleanField(required=False, help_text="a document with that external id is read anew"),
    },
)
_SEARCH: Final = [
    OpenApiParameter("search", str, description="words of the title, the external id or the text"),
    OpenApiParameter("collection", str),
    OpenApiParameter("status", str, enum=["reading", "ready", "error"]),
    OpenApiParameter("page", int),
    OpenApiParameter("page_size", int),
]


class Form(Input):
    collection: Collection = GENERAL
    external_id: list[ExternalId] = []
    title: Title = ""
    replace: bool = Field(default=False)


class DocumentUploadHandler(BoundedFileUploadHandler):
    """Leaves out a file that is too large, and takes the others. `skipped` are their places among the files."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.skipped: dict[int, str] = {}
        self._files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += self.field_name == FILE

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > settings.CONFIG.max_document_mb * 1024 * 1024:
            if self.field_name == FILE:
                self.skipped[self._files - 1] = self.file_name or ""
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


class Documents(CommandView):
    scope = "documents"
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        measure_body(request)
        self.handler = DocumentUploadHandler(request)
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(operation_id=LIST.name, summary=LIST.summary, parameters=_SEARCH, responses=LIST.output)
    def get(self, request: Request) -> Response:
        return self.run(LIST, request, {})

    @extend_schema(
        operation_id="document.upload",
        summary="Add files as documents: plain text, HTML, PDF, Word or Excel; one job reads them all",
        request={"multipart/form-data": _FORM},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={201: DocumentsUploadOut},
    )
    def post(self, request: Request) -> Response:
        key = key_of(request)
        sent = request.data
        assert isinstance(sent, QueryDict)
        form = validate(Form, _values(sent))
        assert isinstance(form, Form)
        assert isinstance(request.user, User)
        answer = files.take_in(
            request.user,
            self._brought(sent),
            collection=form.collection,
            external_ids=form.external_id,
            title=form.title.strip(),
            replace=form.replace,
            key=key,
        )
        return Response(answer, status=201)

    def _brought(self, sent: QueryDict) -> list[Brought]:
        """The files in the order in which they came."""
        brought: list[Brought] = []
        for file in sent.getlist(FILE):
            if not isinstance(file, TemporaryUploadedFile):
                raise _invalid(FILE, "Send a file under this name.")
            brought.append(Brought(file.name or "", Path(file.temporary_file_path())))
        for place, name in sorted(self.handler.skipped.items()):
            brought.insert(place, Brought(name, None))
        return brought


def _values(sent: QueryDict) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: sent[name] for name in ("collection", "title", "replace") if sent.get(name, "") != ""
    }
    return {**values, "external_id": sent.getlist("external_id")}


def _invalid(field: str, message: str) -> AppError:
    return AppError("invalid", "Some values are not valid.", fields={field: [message]})
