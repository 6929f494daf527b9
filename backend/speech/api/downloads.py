"""Files of a transcript: the recording, in ranges as players ask for them, and exports."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.api import AnyAccept
from backend.core.downloads import as_download
from backend.core.errors import AppError
from backend.speech.api.ranges import ByteRange, Unsatisfiable, parse_range
from backend.speech.models import Transcript
from backend.speech.services import transcripts
from backend.speech.services.exports import export

BLOCK: Final = 256 * 1024


class Audio(APIView):
    scope = "speech"
    content_negotiation_class = AnyAccept

    @extend_schema(summary="The recording; answers single ranges", responses={(200, "audio/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, transcript_id: UUID) -> HttpResponseBase:
        transcript = transcripts.get(_user(request), transcript_id)
        if not transcript.source.is_file():
            raise AppError("not_found", "The recording is no longer on this server.")
        size = transcript.source.stat().st_size
        tag = f'"{transcript.id.hex}"'
        try:
            wanted = _range(request, tag, size)
        except Unsatisfiable:
            return _headers(HttpResponse(status=416), {"Content-Range": f"bytes */{size}"}, transcript, tag)
        part = wanted or ByteRange(0, size)
        headers = {"Content-Length": str(part.length)}
        if wanted:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
        status = 206 if wanted else 200
        if request.method == "HEAD":
            return _headers(HttpResponse(status=status), headers, transcript, tag)
        body = _body(request, transcript.source, part)
        return _headers(StreamingHttpResponse(body, status=status), headers, transcript, tag)

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


def _range(request: Request, tag: str, size: int) -> ByteRange | None:
    # The recording never changes, so that any other tag is one of another file.
    if request.headers.get("If-Range", tag) != tag:
        return None
    return parse_range(request.headers.get("Range", ""), size)


def _headers(response: HttpResponseBase, headers: dict[str, str], transcript: Transcript, tag: str) -> HttpResponseBase:
    for name, value in headers.items():
        response.headers[name] = value
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    response["Content-Type"] = transcript.media_type
    disposition = content_disposition_header(as_attachment=False, filename=transcript.title)
    response["Content-Disposition"] = disposition or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _body(request: Request, path: Path, part: ByteRange) -> "_SyncBlocks | _AsyncBlocks":
    """The bytes in blocks, as the server that asks takes them: an event loop must not wait for the disk."""
    if isinstance(request._request, ASGIRequest):  # noqa: SLF001 (DRF offers no other way to the request)
        return _AsyncBlocks(path, part)
    return _SyncBlocks(path, part)


class _Blocks:
    """A part of a file. Django closes it with the response, also when a listener leaves in the middle."""

    def __init__(self, path: Path, part: ByteRange) -> None:
        self._left = part.length
        self._file = path.open("rb")
        self._file.seek(part.start)

    def close(self) -> None:
        self._file.close()

    def _read(self) -> bytes:
        block = self._file.read(min(BLOCK, self._left))
        self._left -= len(block)
        return block


class _SyncBlocks(_Blocks):
    def __iter__(self) -> Iterator[bytes]:
        while block := self._read():
            yield block


class _AsyncBlocks(_Blocks):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while block := await asyncio.to_thread(self._read):
            yield block
