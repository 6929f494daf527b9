"""Text of Word documents (.docx), with their tables."""

import io
from collections.abc import Iterator
from typing import Any, Final

from backend.engines.documents.document import Document, document_of

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MARKUP: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PARAGRAPH: Final = f"{_W}p"
_CELL: Final = f"{_W}tc"
# What holds text, with what stands between its parts.
_HOLDERS: Final = {_PARAGRAPH: "", _CELL: " ", f"{_W}tr": "\t"}
_TEXTS: Final = frozenset((f"{_W}t", f"{_MATH}t"))
_SIGNS: Final = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
# Properties, where tab stops have the name of tabs; what was deleted or moved away; and what older programs are
# shown in place of something that comes beside it.
_LEFT_OUT: Final = frozenset((f"{_W}pPr", f"{_W}del", f"{_W}moveFrom", f"{_MARKUP}Fallback"))


def read_docx(data: bytes) -> Document:
    """The body as it is when all changes to it are accepted. Headers, footnotes and comments are left out.

    The archive was checked before. Raises what its libraries raise where it is damaged.
    """
    from docx import Document as WordDocument

    return document_of("docx", _lines(WordDocument(io.BytesIO(data)).element.body))


def _lines(body: Any) -> Iterator[str]:
    """Each paragraph, and each row of the tables that are not inside others. A text box comes before its paragraph."""
    from lxml.etree import iterwalk

    walker = iterwalk(body, events=("start", "end"))
    held: list[tuple[str, list[str]]] = []
    for event, element in walker:
        tag = element.tag
        if event == "end":
            if tag in _HOLDERS:
                yield from _ended(held)
        elif tag in _LEFT_OUT:
            walker.skip_subtree()
        elif tag in _HOLDERS:
            held.append((tag, []))
        elif held and (tag in _TEXTS or tag in _SIGNS):
            held[-1][1].append(_SIGNS.get(tag) or element.text or "")


def _ended(held: list[tuple[str, list[str]]]) -> Iterator[str]:
    """The text of the innermost holder, unless it belongs to a row or a cell around it: then that one gets it."""
    holder, parts = held.pop()
    text = _HOLDERS[holder].join(parts)
    if holder == _CELL:
        text = " ".join(text.split())
    outer = next((others for around, others in reversed(held) if around != _PARAGRAPH), None)
    if outer is None:
        yield text
    else:
        outer.append(text)
