"""Text of HTML pages, hostile ones too."""

import pytest

from backend.core.errors import AppError
from backend.engines.documents import read_document

TEXT = "Отчёт о продажах за год"


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def test_the_title_and_the_blocks_are_lines():
    document = read_document(
        page(
            "<h1>A  heading</h1><p>One <b>bold</b>\nword.<br>Next line</p>tail<ul><li>a<li>b</ul>",
            "<title>T &amp; U</title>",
        )
    )

    assert (document.kind, document.pages) == ("html", 0)
    assert document.text == "T & U\nA heading\nOne bold word.\nNext line\ntail\na\nb"


def test_a_table_is_read_row_by_row():
    body = "<table><tr><th>A</th><th>B</th></tr>\n<tr><td> 1 </td><td><p>2</p></td></tr></table>"

    assert read_document(page(body)).text == "A\tB\n1\t2"


def test_preformatted_text_keeps_its_shape():
    assert read_document(page("<pre>  if x:\n      y</pre>")).text == "  if x:\n      y"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>secret()</script>",
        "<style>secret {}</style>",
        "<!-- secret -->",
        "<template><p>secret</p></template>",
        "<noscript>secret</noscript>",
        "<div hidden>secret<p>secret</p></div>",
        '<span style="color:red; DISPLAY : none">secret</span>',
        '<p style="visibility:hidden">secret</p>',
        "<svg><text>secret</text></svg>",
        '<input type="hidden" value="secret">',
    ],
)
def test_what_nobody_sees_is_left_out(hidden):
    assert read_document(page(f"before {hidden}after")).text.split() == ["before", "after"]


@pytest.mark.parametrize(
    ("encoding", "meta"),
    [
        ("windows-1251", '<meta charset="windows-1251">'),
        ("koi8-r", "<META http-equiv=Content-Type content='text/html; charset=KOI8-R'>"),
        ("utf-8", ""),
        ("utf-16", ""),
        ("utf-8", "<meta charset=utf-16>"),
        ("utf-8", "<meta charset=zlib>"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_tells(encoding, meta):
    assert read_document(page(f"<p>{TEXT}</p>", meta).decode().encode(encoding)).text == TEXT


@pytest.mark.parametrize(
    "start",
    ["<html>", "<!-- made by hand -->\n<!doctype HTML>", '<?xml version="1.0"?><html xmlns="x">', "\ufeff<body>"],
)
def test_a_page_is_known_by_its_beginning(start):
    assert read_document(f"{start}<p>A text.</p>".encode()).text == "A text."


def test_markdown_stays_as_it_is():
    text = '<p align="center">A title</p>\n\n# Heading\n\nA `<html>` tag.'

    assert (read_document(text.encode()).kind, read_document(text.encode()).text) == ("text", text)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (page("<script>only()</script>"), "no_text"),
        (page("<div>" * 200_000 + "deep"), "unreadable_document"),
        (b"<!doctype html>", "no_text"),
        (b"<html>" + b"<!--" * 500_000, "no_text"),
        (b"<html" + b" a='" * 500_000, "no_text"),
    ],
)
def test_a_page_without_text_or_an_end_is_told(data, code):
    with pytest.raises(AppError) as caught:
        read_document(data)

    assert caught.value.code == code


def test_many_comments_before_the_end_cost_no_time():
    assert read_document(b"<!--a-->" * 500 + b"A text.").kind == "text"


def test_a_long_page_is_cut():
    document = read_document(page("<p>word</p>" * 300_000))

    assert (len(document.text), document.is_cut) == (1_000_000, True)
