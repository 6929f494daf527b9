"""The results of a batch as a file."""

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.api import AnyAccept
from backend.core.downloads import OpenFile, in_ranges
from backend.prompts.services import batches
from backend.prompts.services.results import files


class Results(APIView):
    scope = "prompts"
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The results as xlsx, csv or jsonl, as far as they have come; answers single ranges",
        parameters=[OpenApiParameter("ending", str, OpenApiParameter.PATH, enum=list(files.ENDINGS))],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, batch_id: UUID, ending: str) -> HttpResponseBase:
        assert isinstance(request.user, User)
        found, content = files.opened(batches.get(request.user, batch_id), ending)
        return in_ranges(request, OpenFile(content, found.name, found.media_type, found.tag))

    head = get
