"""Text of uploaded documents: plain text, PDF and Word. What a file is, is told by its content, not by its name."""

import io
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from backend.core.errors import AppError

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_PAGES: Final = 300
MOST_CHARACTERS: Final = 1_000_000
MOST_ENTRIES: Final = 2_000
MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_XML: Final = 20 * 1024 * 1024
LONGEST_S: Final = 60.0
WORD_PART: Final = "word/document.xml"
_BROKEN: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, ArithmeticError, OSError)


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a document; `kind` is "text", "pdf" or "docx", `pages` is 0 where there are none to count.
    `is_cut` says that the document is longer: 1,000,000 characters are kept.
    """

    kind: str
    text: str
    pages: int
    is_cut: bool = False


def read_document(data: bytes, most_bytes: int = MOST_BYTES) -> Document:
    """The text in a file of at most so many bytes.

    Raises `AppError`: `empty_file`, `no_text` (as in a scan), `too_large`, `unsupported_media`,
    `protected_document`, `unreadable_document`.
    """
    if len(data) > most_bytes:
        raise AppError("too_large", f"A document may have at most {most_bytes // 1024 // 1024} MB.")
    if not data.strip():
        raise AppError("empty_file")
    if b"%PDF-" in data[:1024]:
        document = _read_pdf(data)
    elif data.startswith(b"PK\x03\x04"):
        document = _read_docx(data)
    else:
        document = _read_text(data)
    if not document.text.strip():
        hint = " It may be a scan: pictures of pages are not read." if document.kind == "pdf" else ""
        raise AppError("no_text", f"The document has no text.{hint}")
    return document


def _read_text(data: bytes) -> Document:
    from charset_normalizer import from_bytes

    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise AppError("unsupported_media", "This is an old or a protected Office file. Save it as .docx or PDF.")
    try:
        return _document("text", [data.decode("utf-8-sig")]) if b"\0" not in data else _guessed(data, None)
    except UnicodeDecodeError:
        return _guessed(data, from_bytes(data).best())


def _guessed(data: bytes, best: Any) -> Document:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return _document("text", [data.decode("utf-16")])
        except UnicodeDecodeError:
            raise AppError("unreadable_document", "The text is damaged.") from None
    if b"\0" in data or best is None:
        raise AppError("unsupported_media", "Documents can be plain text, PDF or Word (.docx).")
    return _document("text", [str(best)])


def _read_pdf(data: bytes) -> Document:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise AppError("protected_document")
        pages = len(reader.pages)
        if pages > MOST_PAGES:
            raise AppError("too_large", f"A document may have at most {MOST_PAGES} pages; this one has {pages}.")
        return _document("pdf", _pages(reader), pages)
    except (PyPdfError, *_BROKEN):
        raise AppError("unreadable_document", "The PDF is damaged.") from None


def _pages(reader: Any) -> Iterator[str]:
    deadline = time.monotonic() + LONGEST_S
    for page in reader.pages:
        if time.monotonic() > deadline:
            raise AppError("too_large", "The PDF is too complex to read.")
        yield page.extract_text().strip()


def _read_docx(data: bytes) -> Document:
    from docx import Document as WordDocument
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive.infolist())
        word = WordDocument(io.BytesIO(data))
        return _document("docx", _paragraphs(word))
    except (zipfile.BadZipFile, NotImplementedError, OpcError, LxmlError, *_BROKEN):
        raise AppError("unreadable_document", "The Word document is damaged.") from None


def _check_archive(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what would unpack to far more than it is. An entry never yields more bytes than it declares."""
    names = {entry.filename for entry in entries}
    if WORD_PART not in names:
        raise AppError("unsupported_media", "Documents can be plain text, PDF or Word (.docx).")
    if any(entry.flag_bits & 1 for entry in entries):
        raise AppError("protected_document")
    sizes = [entry.file_size for entry in entries]
    xml = [entry.file_size for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
    if len(entries) > MOST_ENTRIES or sum(sizes) > MOST_UNPACKED or sum(xml) > MOST_XML:
        raise AppError("too_large", "The Word document unpacks to too much.")


def _paragraphs(word: Any) -> Iterator[str]:
    from docx.table import Table

    for block in word.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield "\t".join(cell.text for cell in row.cells)
        else:
            yield block.text


def _document(kind: str, parts: Iterable[str], pages: int = 0) -> Document:
    """The parts as lines, up to the longest text; no part after its end is read."""
    kept: list[str] = []
    size = 0
    for part in parts:
        kept.append(part.replace("\0", ""))
        size += len(kept[-1]) + 1
        if size > MOST_CHARACTERS + 1:
            break
    text = "\n".join(kept)
    return Document(kind, text[:MOST_CHARACTERS], pages, is_cut=len(text) > MOST_CHARACTERS)
