"""What of a conversation fits into a model's context."""

from hypothesis import given
from hypothesis import strategies as st

from backend.engines.chatting import Turn
from backend.engines.chatting.context import LEAST_TOKENS, MARK, fit, shorten, tokens_of, tokens_of_turns

TURNS = st.lists(st.builds(Turn, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=300)), max_size=12)


def exchange(number):
    return [Turn("user", f"question {number} " + "a" * 90), Turn("assistant", f"answer {number} " + "b" * 90)]


def test_a_conversation_that_fits_is_whole():
    turns = [Turn("system", "Be brief."), *exchange(1), Turn("user", "And now?")]

    assert fit(turns, 1000, 100) == (turns, 0)


def test_the_oldest_exchanges_go_first_and_in_pairs():
    turns = [Turn("system", "Be brief."), *exchange(1), *exchange(2), *exchange(3), Turn("user", "And now?")]

    kept, left_out = fit(turns, 110, 10)

    assert kept == [turns[0], *exchange(3), turns[-1]]
    assert left_out == 4


def test_a_question_that_is_too_long_is_cut_in_its_middle():
    kept, _ = fit([Turn("user", "start " + "x" * 10_000 + " end")], 200, 50)

    assert kept[0].text.startswith("start ")
    assert kept[0].text.endswith(" end")
    assert MARK in kept[0].text


def test_a_cjk_sign_counts_as_a_token():
    assert tokens_of("天" * 100) == 100


def test_latin_text_counts_about_a_token_for_four_letters():
    assert 25 <= tokens_of("a" * 100) <= 34


@given(TURNS, st.integers(0, 400), st.integers(0, 100))
def test_what_is_kept_keeps_within_the_limit(turns, limit, reserve):
    kept, _ = fit(turns, limit, reserve)
    smallest = sum(min(tokens_of_turns([turn]), 2 * LEAST_TOKENS) for turn in kept)

    assert tokens_of_turns(kept) <= max(limit - reserve, smallest)


@given(TURNS, st.integers(0, 400))
def test_no_turn_is_lost_uncounted_and_the_newest_and_the_system_stay(turns, limit):
    kept, left_out = fit(turns, limit, 0)

    assert len(kept) + left_out == len(turns)
    assert [turn.role for turn in kept if turn.role == "system"] == ["system"] * sum(t.role == "system" for t in turns)
    spoken = [turn.role for turn in turns if turn.role != "system"]
    assert not spoken or kept[-1].role == spoken[-1]


@given(st.text(max_size=500), st.integers(20, 200))
def test_shortening_keeps_the_ends_and_the_limit(text, tokens):
    short = shorten(text, tokens)

    assert tokens_of(short) <= tokens
    assert short == text or (text.startswith(short.split(MARK)[0]) and text.endswith(short.split(MARK)[-1]))
