"""Markdown as HTML that is safe to show, in blocks, so that text which still grows is rendered only at its end."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Longer code is shown without colours: finding them takes time that grows with it.
MOST_COLOURED: Final = 20_000
LINKS: Final = "nofollow noopener noreferrer"
ALLOWED: Final = {
    **dict.fromkeys(("p", "br", "hr", "em", "strong", "s", "blockquote", "pre", "ul", "li"), frozenset[str]()),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), frozenset[str]()),
    **dict.fromkeys(("table", "thead", "tbody", "tr", "th", "td"), frozenset[str]()),
    "a": frozenset({"href", "title"}),
    "ol": frozenset({"start"}),
    # The language of the code, and the kinds of its words.
    "code": frozenset({"class"}),
    "span": frozenset({"class"}),
}
SCHEMES: Final = {"http", "https", "mailto"}
# What ends a line for the parser.
LINE_END: Final = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list, table, code block…; `at` is where it begins in the text, in characters."""

    at: int
    html: str


def render(text: str) -> list[Block]:
    """The blocks of a text in their order. HTML in the text is shown as it is written; images become links."""
    starts = [0, *(end.end() for end in LINE_END.finditer(text))]
    parser = _parser()
    environment: dict[str, object] = {}
    blocks = []
    for group in _groups(parser.parse(text, environment)):
        html = str(parser.renderer.render(group, parser.options, environment))
        blocks.append(Block(starts[(group[0].map or [0])[0]], _clean(html)))
    return blocks


def _groups(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each outermost block."""
    groups: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            groups.append([])
        groups[-1].append(token)
        depth += token.nesting
    return groups


def _clean(html: str) -> str:
    attributes = {tag: set(names) for tag, names in ALLOWED.items() if names}
    return nh3.clean(html, tags=set(ALLOWED), attributes=attributes, link_rel=LINKS, url_schemes=SCHEMES)


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "linkify": True, "highlight": _coloured}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough", "linkify"])
    # A picture of somebody else's server would tell it who reads this, and when.
    parser.disable("image")
    return parser


def _coloured(code: str, language: str, _attributes: str) -> str:
    """The inside of a code block: with classes of colours where its language is known; empty: shown as it is."""
    if not language or len(code) > MOST_COLOURED:
        return ""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return ""
    return str(highlight(code, lexer, _formatter()))


@cache
def _formatter() -> HtmlFormatter[str]:
    return HtmlFormatter(nowrap=True)
