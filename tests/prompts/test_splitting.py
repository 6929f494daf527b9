"""Long texts in pieces."""

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.engines.chatting.context import tokens_of
from backend.prompts.services.splitting import split

TEXTS = st.text(alphabet=st.sampled_from("abc é漢字😀.。 \n1"), max_size=6000)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS, tokens=st.integers(200, 400))
def test_the_pieces_are_the_text_and_each_fits(text, tokens):
    pieces = split(text, tokens)
    assert "".join(pieces) == text
    assert all(piece and tokens_of(piece) <= tokens for piece in pieces)


def test_a_piece_is_as_long_as_can_be():
    first, *_ = split("x" * 5000, 200)
    assert tokens_of(first) <= 200 < tokens_of(first + "x")


def test_a_text_that_fits_is_one_piece():
    assert split("Hello.", 200) == ["Hello."]


def test_pieces_end_between_paragraphs_where_there_are_any():
    text = "".join(f"This is the paragraph with the number {number}.\n\n" for number in range(60))
    pieces = split(text, 200)
    assert len(pieces) > 2
    assert all(piece.endswith("\n\n") for piece in pieces)


def test_a_text_without_any_place_to_end_is_cut_where_it_must_be():
    pieces = split("x" * 5000, 200)
    assert "".join(pieces) == "x" * 5000
