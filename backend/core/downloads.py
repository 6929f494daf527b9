"""What people take away as files: texts at once, files of the disk in ranges."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from rest_framework.request import Request

from backend.core.ranges import ByteRange, Unsatisfiable, parse_range

BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class TextFile:
    name: str
    media_type: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file to be given away, open at its beginning. `tag` is its strong ETag with quotation marks: another one for
    other bytes. `max_age_s` is for how long a browser may keep it unasked, 0 to ask each time.
    """

    content: BinaryIO
    name: str
    media_type: str
    tag: str
    as_attachment: bool = True
    max_age_s: int = 0


def as_download(file: TextFile) -> HttpResponse:
    response = HttpResponse(file.text, content_type=file.media_type)
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def in_ranges(request: Request, file: OpenFile) -> HttpResponseBase:
    """The file, or the single range of it that is asked for, or that the client has it already. Closes the file."""
    known = _is_known(request, file.tag)
    response = HttpResponse(status=304) if known else _answer(request, file)
    if not response.streaming:
        file.content.close()
    return _with_headers(response, file)


def file_stem(title: str, default: str) -> str:
    """A title as the name of a file that no system trips over, without an ending."""
    safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*;%]+', "_", title).strip(" ._")
    return safe[:100] or default


def _is_known(request: Request, tag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or tag in {other.removeprefix("W/") for other in known}


def _answer(request: Request, file: OpenFile) -> HttpResponseBase:
    size = os.fstat(file.content.fileno()).st_size
    try:
        part = _part(request, file.tag, size)
    except Unsatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    sent = part or ByteRange(0, size)
    headers = {"Content-Length": str(sent.length)}
    if part:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_body(request, file.content, sent), status=status, headers=headers)


def _part(request: Request, tag: str, size: int) -> ByteRange | None:
    if request.headers.get("If-Range", tag) != tag:
        return None
    return parse_range(request.headers.get("Range", ""), size)


def _with_headers(response: HttpResponseBase, file: OpenFile) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = file.tag
    response["Content-Type"] = file.media_type
    disposition = content_disposition_header(as_attachment=file.as_attachment, filename=file.name)
    response["Content-Disposition"] = disposition or ("attachment" if file.as_attachment else "inline")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"private, max-age={file.max_age_s}" if file.max_age_s else "private, no-cache"
    return response


def _body(request: Request, content: BinaryIO, part: ByteRange) -> "_SyncBlocks | _AsyncBlocks":
    """The bytes in blocks, as the server that asks takes them: an event loop must not wait for the disk."""
    if isinstance(request._request, ASGIRequest):  # noqa: SLF001 (DRF offers no other way to the request)
        return _AsyncBlocks(content, part)
    return _SyncBlocks(content, part)


class _Blocks:
    """A part of a file. Django closes it with the response, also when a client leaves in the middle."""

    def __init__(self, content: BinaryIO, part: ByteRange) -> None:
        self._left = part.length
        self._file = content
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
