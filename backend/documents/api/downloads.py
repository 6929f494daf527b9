"""The whole text of a document as a file."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.api import AnyAccept
from backend.core.downloads import TextFile, as_download, file_stem
from backend.core.errors import AppError
from backend.documents.services import documents


class Text(APIView):
    scope = "documents"
    content_negotiation_class = AnyAccept

    @extend_schema(summary="The whole text of a document", responses={(200, "text/plain"): OpenApiTypes.BINARY})
    def get(self, request: Request, document_id: UUID) -> HttpResponse:
        assert isinstance(request.user, User)
        document = documents.get(request.user, document_id)
        text = documents.text_of(document.pk)
        if not text:
            raise AppError("no_text", "There is no text in it yet.")
        name = f"{file_stem(document.title.removesuffix('.txt'), 'document')}.txt"
        return as_download(TextFile(name, "text/plain; charset=utf-8", text))
