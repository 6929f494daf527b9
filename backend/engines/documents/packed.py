"""Office files, which are ZIP archives: what kind they are, and whether it is safe to unpack them."""

import io
import zipfile
import zlib
from typing import Final

from backend.core.errors import AppError
from backend.engines.documents import limits
from backend.engines.documents.document import Document, other_kind
from backend.engines.documents.word import read_docx
from backend.engines.documents.workbook import read_xlsx

_PARTS: Final = {"word/document.xml": ("docx", "Word document"), "xl/workbook.xml": ("xlsx", "workbook")}
_HINTS: Final = {
    "ppt/presentation.xml": "Presentations are not read. Save it as PDF.",
    "xl/workbook.bin": "Binary workbooks are not read. Save it as .xlsx.",
    "content.xml": "OpenDocument files are not read. Save it as .docx, .xlsx or PDF.",
}


def read_packed(data: bytes) -> Document:
    """The text of a Word document or a workbook."""
    from lxml.etree import LxmlError

    name = "archive"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
        kind, name = _kind_of(entries)
        _check(entries, kind, name)
        return read_docx(data) if kind == "docx" else read_xlsx(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, LxmlError, SyntaxError, *limits.BROKEN):
        raise AppError("unreadable_document", f"The {name} is damaged.") from None


def _kind_of(entries: list[zipfile.ZipInfo]) -> tuple[str, str]:
    names = {entry.filename for entry in entries}
    for part, found in _PARTS.items():
        if part in names:
            return found
    for part, hint in _HINTS.items():
        if part in names:
            raise other_kind(hint)
    raise other_kind()


def _check(entries: list[zipfile.ZipInfo], kind: str, name: str) -> None:
    """Refuse what would unpack to far more than it is. An entry never yields more bytes than it declares."""
    if any(entry.flag_bits & 1 for entry in entries):
        raise AppError("protected_document")
    sizes = [entry.file_size for entry in entries]
    xml = [entry.file_size for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
    # A Word document is held in memory as a whole, while the sheets of a workbook pass through it.
    most_xml = limits.MOST_XML if kind == "docx" else limits.MOST_UNPACKED
    if len(entries) > limits.MOST_ENTRIES or sum(sizes) > limits.MOST_UNPACKED or sum(xml) > most_xml:
        raise AppError("too_large", f"The {name} unpacks to too much.")
