"""Files of a transcript: the recording, in ranges as players ask for them, and exports."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.api import AnyAccept
from backend.core.downloads import OpenFile, as_download, in_ranges
from backend.core.errors import AppError
from backend.speech.services import transcripts
from backend.speech.services.exports import export


class Audio(APIView):
    scope = "speech"
    content_negotiation_class = AnyAccept

    @extend_schema(summary="The recording; answers single ranges", responses={(200, "audio/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, transcript_id: UUID) -> HttpResponseBase:
        transcript = transcripts.get(_user(request), transcript_id)
        try:
            content = transcript.source.open("rb")
        except FileNotFoundError:
            raise AppError("not_found", "The recording is no longer on this server.") from None
        # The recording never changes, so that its id is tag enough, and a browser need not ask again.
        file = OpenFile(
            content=content,
            name=transcript.title,
            media_type=transcript.media_type,
            tag=f'"{transcript.id.hex}"',
            as_attachment=False,
            max_age_s=3600,
        )
        return in_ranges(request, file)

    head = get


class Export(APIView):
    scope = "speech"
    content_negotiation_class = AnyAccept

    @extend_schema(
        summary="The text as txt, srt, vtt, rttm or json",
        parameters=[OpenApiParameter("revision", int, description="another text than the shown one")],
        responses={(200, "text/plain"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, transcript_id: UUID, ending: str) -> HttpResponse:
        found = export(transcripts.get(_user(request), transcript_id), ending, _revision(request))
        return as_download(found)


def _user(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _revision(request: Request) -> int | None:
    given = request.query_params.get("revision", "")
    if given and not (given.isascii() and given.isdecimal() and len(given) < 8):
        raise AppError("invalid", "Some values are not valid.", fields={"revision": ["Give its number."]})
    return int(given) if given else None
