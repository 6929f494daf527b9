"""Text of PDF files."""

import io

from backend.core.errors import AppError
from backend.engines.documents import limits
from backend.engines.documents.document import Document, document_of


def read_pdf(data: bytes) -> Document:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise AppError("protected_document")
        pages = len(reader.pages)
        if pages > limits.MOST_PAGES:
            raise AppError("too_large", f"A document may have at most {limits.MOST_PAGES} pages; this one has {pages}.")
        return document_of("pdf", (page.extract_text().strip() for page in reader.pages), pages)
    except (PyPdfError, *limits.BROKEN):
        raise AppError("unreadable_document", "The PDF is damaged.") from None
