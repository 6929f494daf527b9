"""Titles, and texts as a search compares them."""

from backend.core.text import MAX_FOLDED_TITLE, MAX_TITLE, fold, folded_title


def test_a_folded_title_is_never_longer_than_it_may_be():
    # Folding makes three characters out of this one.
    title = "\u0390" * MAX_TITLE
    assert len(fold(title)) == 3 * MAX_TITLE
    assert len(folded_title(title)) == MAX_FOLDED_TITLE
    assert folded_title(title, 7) == fold(title)[:7]


def test_a_title_that_fits_is_folded_whole():
    assert folded_title("  Große\nPläne ") == "grosse pläne"
