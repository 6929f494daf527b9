"""The embedded answerer quotes what fits the question."""

import pytest

from backend.core.errors import AppError
from backend.engines.chatting import Delta, Source, Turn
from backend.engines.chatting.extractive import CENTRAL, NOTHING, SIGNED, ExtractiveChat, split

PLAN = Source(
    "Plan",
    "The harbour opens in March. Ferries carry cyclists for free. Dr. Lund wrote the budget: 40 million crowns.",
)


def answered(turns, sources=(), *, max_tokens=None, should_stop=lambda: False):
    if isinstance(turns, str):
        turns = [Turn("user", turns)]
    *deltas, last = ExtractiveChat().answer(
        turns, model="", temperature=None, max_tokens=max_tokens, sources=sources, should_stop=should_stop
    )
    assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
    return deltas, "".join(delta.text for delta in deltas), last


def test_it_quotes_the_sentence_with_its_source_and_says_what_it_is():
    _, text, last = answered("When does the harbour open?", [PLAN])

    assert text == f"> The harbour opens in March.\n> — Plan\n\n*{SIGNED}*"
    assert (last.reason, last.usage.estimated) == ("stop", True)


def test_quotes_stand_in_the_order_of_the_document():
    _, text, _ = answered("Free ferries and the harbour in March?", [PLAN])

    assert 0 < text.index("harbour opens") < text.index("Ferries carry")


def test_at_most_five_sentences_are_quoted():
    many = Source("Many", " ".join(f"The ferry number {name} is blue." for name in "abcdefghij"))

    _, text, _ = answered("Which ferry is blue?", [many])

    assert text.count("> —") == 5


def test_the_answer_comes_word_by_word():
    deltas, text, _ = answered("When does the harbour open?", [PLAN])

    assert len(deltas) == len(text.split())


def test_the_earlier_conversation_is_a_source():
    turns = [Turn("user", "My boat is called Albatross."), Turn("assistant", "Nice."), Turn("user", "My boat's name?")]

    assert "> My boat is called Albatross.\n> — earlier in this conversation" in answered(turns)[1]


def test_what_a_message_tells_answers_what_it_asks():
    _, text, _ = answered("The pump costs 4,200 euros. It arrives on Friday. What does the pump cost?")

    assert text == f"> The pump costs 4,200 euros.\n> — from your message\n\n*{SIGNED}*"


def test_where_there_are_documents_a_message_is_all_question():
    _, text, _ = answered("My harbour is small. When does the harbour open?", [PLAN])

    assert "> —" in text
    assert "small" not in text


def test_its_own_answers_are_not_quoted_again():
    _, before, _ = answered("When does the harbour open?", [PLAN])
    turns = [Turn("user", "Hello"), Turn("assistant", before), Turn("user", "When does the harbour open?")]

    assert answered(turns)[1] == NOTHING


@pytest.mark.parametrize("question", ["What is the weather in Lisbon?", "", "the of and", "???"])
def test_it_answers_friendly_where_nothing_fits(question):
    assert answered(question)[1] == NOTHING


@pytest.mark.parametrize("question", ["Give me a summary", "", "the of and", "???"])
def test_where_no_sentence_fits_those_that_say_most_of_the_document_are_quoted(question):
    about = "The harbour opens in March. The harbour of ferries is new. The ferries of the harbour are free. Bees hum."
    (_, text, _) = answered(question, [Source("Harbour", about)])
    assert text.endswith(f"*{CENTRAL}*")
    assert "Bees" not in text
    assert text.count("— Harbour") == 3


def test_an_answer_of_its_own_that_is_a_source_is_read_without_what_it_says_of_itself():
    _, before, _ = answered("When does the harbour open?", [PLAN])
    _, text, _ = answered("Give me a summary", [Source("Part 1", before)])
    assert text == f"> The harbour opens in March.\n> — Part 1\n\n*{CENTRAL}*"


def test_text_without_spaces_is_found():
    source = Source("計画", "港は三月に開きます。自転車は無料です。")

    assert "> 港は三月に開きます。" in answered("港はいつ開きますか", [source])[1]


def test_it_stops_when_asked():
    answers = iter([False, False, True])

    deltas, _, last = answered("When does the harbour open?", [PLAN], should_stop=lambda: next(answers))

    assert (len(deltas), last.reason) == (2, "stopped")


def test_it_keeps_to_the_longest_answer():
    assert answered("When does the harbour open?", [PLAN], max_tokens=5)[2].reason == "length"


def test_no_more_than_200_000_characters_are_read():
    long = Source("Long", "Nothing of note is here. " * 8_000 + "The harbour opens in March.")

    assert "harbour" not in answered("When does the harbour open?", [long])[1]


def test_a_model_that_it_does_not_have_is_refused():
    with pytest.raises(AppError) as caught:
        ExtractiveChat().answer(
            [], model="large", temperature=None, max_tokens=None, sources=(), should_stop=lambda: False
        )

    assert caught.value.code == "unsupported_option"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("- first\n- second", ["- first", "- second"]),
        ("It costs 4.50 euros.", ["It costs 4.50 euros."]),
    ],
)
def test_sentences_are_split_in_any_script(text, sentences):
    assert split(text) == sentences
