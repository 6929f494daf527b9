"""A conversation as a file."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.chat.services import conversations
from backend.chat.services.exports import export
from backend.core.api import AnyAccept
from backend.core.downloads import as_download


class Export(APIView):
    scope = "chat"
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The shown branch as md, or all branches as json",
        responses={(200, "text/markdown"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, conversation_id: int, ending: str) -> HttpResponse:
        assert isinstance(request.user, User)
        return as_download(export(conversations.get(request.user, conversation_id), ending))
