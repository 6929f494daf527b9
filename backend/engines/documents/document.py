"""What reading a document gives."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backend.core.errors import AppError
from backend.engines.documents import limits

MEDIA_TYPES: Final = {
    "text": "text/plain",
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
OTHER: Final = "Documents can be plain text, Markdown, HTML, PDF, Word (.docx) or Excel (.xlsx)."


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document; `kind` is a key of `MEDIA_TYPES`, `pages` is 0 where there are none to count.
    `is_cut` says that the document is longer: 1,000,000 characters are kept.
    """

    kind: str
    text: str
    pages: int
    is_cut: bool = False


def document_of(kind: str, parts: Iterable[str], pages: int = 0) -> Document:
    """The parts as lines, up to the longest text; no part after its end is read."""
    kept: list[str] = []
    size = 0
    for part in parts:
        kept.append(part.replace("\0", ""))
        size += len(kept[-1]) + 1
        if size > limits.MOST_CHARACTERS + 1:
            break
    text = "\n".join(kept)
    return Document(kind, text[: limits.MOST_CHARACTERS], pages, is_cut=len(text) > limits.MOST_CHARACTERS)


def other_kind(hint: str = OTHER) -> AppError:
    """The error for a file that is none of these; `hint` says what can be done."""
    return AppError("unsupported_media", hint)
