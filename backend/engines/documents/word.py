"""Text of Word documents (.docx), with their tables."""

import io
from collections.abc import Iterator
from typing import Any

from backend.engines.documents.document import Document, document_of


def read_docx(data: bytes) -> Document:
    """The archive was checked before. Raises what its libraries raise where it is damaged."""
    from docx import Document as WordDocument

    return document_of("docx", _paragraphs(WordDocument(io.BytesIO(data))))


def _paragraphs(word: Any) -> Iterator[str]:
    from docx.table import Table

    for block in word.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield "\t".join(cell.text for cell in row.cells)
        else:
            yield block.text
