"""Markdown as HTML: safe whatever is in it, and in blocks that say where they begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.markdown import MOST_COLOURED, render


def html_of(text: str) -> str:
    return "".join(block.html for block in render(text))


def test_each_outermost_block_says_where_it_begins() -> None:
    text = "# Title\r\n\r\nSome *words*.\n\n```python\nx = 1\n```\n- a\n\n- b\n"
    assert [text[block.at :][:3] for block in render(text)] == ["# T", "Som", "```", "- a"]


@given(st.text(alphabet="ab \n\r\t#*-`>|1.[]()_~", max_size=60))
def test_rendering_from_where_a_block_begins_gives_that_block_and_the_rest(text: str) -> None:
    blocks = render(text)
    assert [block.at for block in blocks] == sorted(block.at for block in blocks)
    for number, block in enumerate(blocks):
        # A list's first line may continue the list before it, so that only the newest block matters to a page.
        if number == len(blocks) - 1 and text[block.at : block.at + 1].strip() and "[" not in text:
            assert [one.html for one in render(text[block.at :])] == [block.html]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        '```"><script>\nx\n```',
        "<svg/onload=alert(1)>",
        '[x](http://a.org "onmouseover=alert(1)")<b onclick=x>',
    ],
)
def test_nothing_that_runs_gets_through(hostile: str) -> None:
    html = html_of(hostile).lower()
    assert not any(
        bad in html for bad in ("<script", "<img", "<svg", "<b ", 'href="javascript', 'href="data', 'href="vb')
    )


def test_a_picture_of_somebody_elses_server_is_only_a_link() -> None:
    html = html_of("![seen](http://example.org/seen.png)")
    assert "<img" not in html
    assert 'href="http://example.org/seen.png"' in html


def test_links_tell_the_other_side_nothing() -> None:
    assert 'rel="nofollow noopener noreferrer"' in html_of("https://example.org")


def test_code_in_a_known_language_has_its_kinds_of_words_marked() -> None:
    html = html_of("```python\ndef f(): pass\n```")
    assert 'class="language-python"' in html
    assert '<span class="k">def</span>' in html


@pytest.mark.parametrize("info", ["", "no-such-language"])
def test_code_in_no_known_language_stands_as_it_was_written(info: str) -> None:
    assert "&lt;b&gt; &amp;" in html_of(f"```{info}\n<b> &\n```")


def test_very_long_code_is_not_coloured() -> None:
    assert "<span" not in html_of("```python\n" + "x = 1\n" * MOST_COLOURED + "```")


def test_tables_and_struck_words_are_known() -> None:
    html = html_of("| a | b |\n|---|---|\n| 1 | ~~2~~ |")
    assert "<td>1</td>" in html
    assert "<s>2</s>" in html
