"""Text of uploaded documents: plain text, HTML, PDF, Word and Excel. What a file is, is told by its content, not by
its name.
"""

import re
from typing import Final

from backend.core.errors import AppError
from backend.engines.documents.document import MEDIA_TYPES, Document
from backend.engines.documents.packed import read_packed
from backend.engines.documents.pdf import read_pdf
from backend.engines.documents.text import read_text
from backend.engines.documents.web_page import is_html, read_html

__all__ = ["MEDIA_TYPES", "Document", "read_document"]

_PDF: Final = re.compile(rb"[\s\x00\xef\xbb\xbf]*%PDF-")


def read_document(data: bytes) -> Document:
    """The text in a file.

    Raises `AppError`: `empty_file`, `no_text` (as in a scan), `too_large`, `unsupported_media`,
    `protected_document`, `unreadable_document`.
    """
    if not data.strip():
        raise AppError("empty_file")
    document = _read(data)
    if not document.text.strip():
        hint = " It may be a scan: pictures of pages are not read." if document.kind == "pdf" else ""
        raise AppError("no_text", f"The document has no text.{hint}")
    return document


def _read(data: bytes) -> Document:
    if data.startswith(b"PK\x03\x04"):
        return read_packed(data)
    if is_html(data):
        return read_html(data)
    if _is_pdf(data):
        return read_pdf(data)
    return read_text(data)


def _is_pdf(data: bytes) -> bool:
    """Whether it begins as a PDF, maybe after something else as old mail programs and web servers left it there; a
    text may mention the same characters.
    """
    head = data[:1024]
    return _PDF.match(head) is not None or (b"%PDF-" in head and (b"\0" in head or b"%%EOF" in data[-1024:]))
