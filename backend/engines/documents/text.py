"""Plain text in whatever encoding it is."""

import codecs
from typing import Final

from backend.core.errors import AppError
from backend.engines.documents.document import Document, document_of, other_kind

HEAD: Final = 4096
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_HINTS: Final = {
    b"\xd0\xcf\x11\xe0": "This is an old Office file (.doc, .xls) or a protected one. Save it as .docx, .xlsx or PDF.",
    b"{\\rtf": "Rich text (.rtf) is not read. Save it as .docx or PDF.",
}


def read_text(data: bytes) -> Document:
    for beginning, hint in _HINTS.items():
        if data.startswith(beginning):
            raise other_kind(hint)
    return document_of("text", [decode(data)])


def beginning_of(data: bytes) -> str:
    """The first characters, good enough to see what it is: others than those of ASCII may be wrong."""
    return data[:HEAD].decode(_marked(data) or "latin-1", "replace")


def decode(data: bytes, declared: str = "") -> str:
    """The text in the encoding that its first bytes tell, in the `declared` one, in UTF-8, or in the likeliest.

    Raises `AppError`: `unreadable_document`, or `unsupported_media` for what is not text.
    """
    from charset_normalizer import from_bytes

    marked = _marked(data)
    if marked:
        try:
            return data.decode(marked)
        except UnicodeDecodeError:
            raise AppError("unreadable_document", "The text is damaged.") from None
    if b"\0" in data:
        raise other_kind()
    for encoding in filter(None, (declared, "utf-8")):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    best = from_bytes(data).best()
    if best is None:
        raise other_kind()
    return str(best)


def _marked(data: bytes) -> str:
    return next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), "")
