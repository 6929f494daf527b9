"""Text as cells can hold it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.prompts.services.results.text import MAX_UNITS, beginning, escaped, fits, legible, pieces

ANYTHING = st.text(st.characters(exclude_categories=()))
STORED = st.lists(st.sampled_from(["_x0041_", "_x00", "_", "😀", "e\u0301", "abc", " ", "\n"]), max_size=60)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def unescaped(text: str) -> str:
    """The text that a spreadsheet reads."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


@pytest.mark.parametrize("code", [0x00, 0x01, 0x08, 0x0B, 0x0C, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_a_character_that_no_workbook_can_hold_is_replaced(code):
    assert legible(f"a{chr(code)}b") == "a\ufffdb"


def test_line_ends_become_those_of_cells():
    assert legible("a\r\nb\rc\nd\te") == "a\nb\nc\nd\te"


@given(ANYTHING)
def test_whatever_a_text_holds_becomes_legible_once(text):
    clean = legible(text)

    assert legible(clean) == clean
    clean.encode("utf-8")


@given(STORED.map("".join))
def test_an_escaped_text_is_read_as_it_was(text):
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("sign", ["a", "é", "😀", "_x0041_", "_x0041", "_", "😀_x0041_"])
@pytest.mark.parametrize("length", [10, MAX_UNITS - 1, MAX_UNITS, MAX_UNITS + 1, 3 * MAX_UNITS])
def test_pieces_fit_into_cells_and_make_up_the_text(sign, length):
    text = (sign * length)[:length]
    parts = list(pieces(text))

    assert "".join(parts) == text
    for part in parts:
        assert part
        assert units(escaped(part)) <= MAX_UNITS
        assert fits(part)


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("", True),
        ("a" * MAX_UNITS, True),
        ("a" * (MAX_UNITS + 1), False),
        ("😀" * (MAX_UNITS // 2), True),
        ("😀" * (MAX_UNITS // 2 + 1), False),
        ("_x0041_" * (MAX_UNITS // 7), False),
    ],
)
def test_what_fits_is_counted_as_spreadsheets_count(text, does):
    assert fits(text) is does
    assert (len(list(pieces(text))) <= 1) is does


def test_pieces_are_no_smaller_than_need_be():
    assert [units(piece) for piece in pieces("a" * (2 * MAX_UNITS + 5))] == [MAX_UNITS, MAX_UNITS, 5]


@pytest.mark.parametrize("sign", ["a", "😀", "_x0041_"])
def test_the_beginning_of_a_text_fits_with_its_mark(sign):
    text = sign * MAX_UNITS
    shown = beginning(text, " … [more]")

    assert fits(shown)
    assert shown.endswith(" … [more]")
    assert text.startswith(shown.removesuffix(" … [more]"))
    assert units(escaped(shown)) > MAX_UNITS - 10
