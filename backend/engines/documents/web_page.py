"""Text of HTML pages as a reader sees it: the title, then a line for each block, tabs between cells of a table."""

import re
from collections.abc import Iterator
from typing import Any, Final

from backend.core.errors import AppError
from backend.engines.documents.document import Document, document_of
from backend.engines.documents.text import beginning_of, decode

# Markdown may begin with other tags as well, and is better read as what it is.
# The groups are atomic: a long row of comments must not be tried in every combination.
_START: Final = re.compile(
    r"\ufeff?(?>\s+|<!--(?:(?!-->).)*-->|<\?xml[^>]*>)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_CHARSET: Final = re.compile(r"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([a-z0-9_.:-]{1,40})", re.IGNORECASE)
# Names as pages have them. Browsers take the first two for what Windows makes of them, and UTF-16 cannot be declared.
_ENCODINGS: Final = {
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("koi8-r", "koi8-u", "euc-jp", "euc-kr", "iso-2022-jp", "big5"), ""),
    **dict.fromkeys((f"iso-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)), ""),
    **dict.fromkeys((f"windows-{page}" for page in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)), ""),
}
_HIDDEN: Final = frozenset(
    ("script", "style", "template", "noscript", "iframe", "object", "svg", "canvas", "audio", "video", "datalist")
)
# fmt: off
_INLINE: Final = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "button", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "img", "input", "ins", "kbd", "label", "mark", "meter", "output", "progress", "q", "rp", "rt", "ruby", "s",
    "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))
# fmt: on
_CELLS: Final = frozenset(("td", "th"))
# What a cell of a table may hold without being cut into lines.
_SOFT: Final = frozenset(("p", "div"))
_INVISIBLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE: Final = re.compile(r"\s+")


def is_html(data: bytes) -> bool:
    return _START.match(beginning_of(data)) is not None


def read_html(data: bytes) -> Document:
    from lxml import etree

    text = decode(data, declared=_declared(beginning_of(data)))
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if parser.error_log.filter_from_fatals():
        raise AppError("unreadable_document", "The HTML page is damaged, or nested too deeply.")
    return document_of("html", _lines(root) if root is not None else [])


def _declared(beginning: str) -> str:
    match = _CHARSET.search(beginning)
    name = match[1].lower() if match else ""
    return _ENCODINGS.get(name, "utf-8") or name


def _lines(root: Any) -> Iterator[str]:
    """Every line that is not empty. Not recursive: pages may be nested deeply."""
    from lxml.etree import iterwalk

    walker = iterwalk(root, events=("start", "end"))
    line: list[str] = []
    preformatted = cells = 0
    for event, element in walker:
        tag = element.tag
        if cells and tag in _SOFT:
            line.append(" ")
        elif tag not in _INLINE and tag not in _CELLS:
            yield from _ended(line, preformatted)
        if event == "start" and _is_hidden(element):
            walker.skip_subtree()
            element.text = None
        step = 1 if event == "start" else -1
        preformatted += step * (tag == "pre")
        cells += step * (tag in _CELLS)
        if event == "end" and tag in _CELLS:
            line.append("\t")
        found = (element.text if event == "start" else element.tail) or ""
        line.append(found if preformatted else _SPACE.sub(" ", found))
    yield from _ended(line, 0)


def _ended(line: list[str], preformatted: int) -> Iterator[str]:
    text = "".join(line)
    line.clear()
    if not preformatted:
        text = re.sub(r" *\t *", "\t", re.sub(" {2,}", " ", text)).strip()
    if text.strip():
        yield text.strip("\n").rstrip()


def _is_hidden(element: Any) -> bool:
    style = element.get("style")
    return element.tag in _HIDDEN or "hidden" in element.attrib or bool(style and _INVISIBLE.search(style))
