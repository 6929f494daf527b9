"""Text of uploaded documents: plain text, HTML, PDF, Word and Excel. What a file is, is told by its content, not by
its name.
"""

from backend.core.errors import AppError
from backend.engines.documents import limits
from backend.engines.documents.document import MEDIA_TYPES, Document
from backend.engines.documents.packed import read_packed
from backend.engines.documents.pdf import read_pdf
from backend.engines.documents.text import read_text
from backend.engines.documents.web_page import is_html, read_html

__all__ = ["MEDIA_TYPES", "Document", "read_document"]


def read_document(data: bytes, most_bytes: int = limits.MOST_BYTES) -> Document:
    """The text in a file of at most so many bytes.

    Raises `AppError`: `empty_file`, `no_text` (as in a scan), `too_large`, `unsupported_media`,
    `protected_document`, `unreadable_document`.
    """
    if len(data) > most_bytes:
        raise AppError("too_large", f"A document may have at most {most_bytes // 1024 // 1024} MB.")
    if not data.strip():
        raise AppError("empty_file")
    document = _read(data)
    if not document.text.strip():
        hint = " It may be a scan: pictures of pages are not read." if document.kind == "pdf" else ""
        raise AppError("no_text", f"The document has no text.{hint}")
    return document


def _read(data: bytes) -> Document:
    if b"%PDF-" in data[:1024]:
        return read_pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return read_packed(data)
    if is_html(data):
        return read_html(data)
    return read_text(data)
