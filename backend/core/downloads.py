"""Texts that people take away as files."""

import re
from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.http import content_disposition_header


@dataclass(frozen=True, slots=True)
class TextFile:
    name: str
    media_type: str
    text: str


def as_download(file: TextFile) -> HttpResponse:
    response = HttpResponse(file.text, content_type=file.media_type)
    disposition = content_disposition_header(as_attachment=True, filename=file.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response


def file_stem(title: str, default: str) -> str:
    """A title as the name of a file that no system trips over, without an ending."""
    safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*;%]+', "_", title).strip(" ._")
    return safe[:100] or default
