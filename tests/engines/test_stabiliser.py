"""What settles of a text that is heard again and again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.engines.listening import LiveWord
from backend.engines.listening.stabiliser import Stabiliser, plain


def heard(text: str, start: float = 0.0, probability: float = 0.5) -> list[LiveWord]:
    """Words of 0.4 s with pauses of 0.1 s, as a pass would give them."""
    return [
        LiveWord(f" {word}", start + 0.5 * index, start + 0.5 * index + 0.4, probability, settled=False)
        for index, word in enumerate(text.split())
    ]


def text(words) -> str:
    return "".join(word.text for word in words).strip()


def state(stabiliser: Stabiliser) -> tuple[str, str]:
    return text(stabiliser.settled), text(stabiliser.pending)


def test_what_two_passes_agree_on_settles():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the red"), until=1.5)
    assert state(stabiliser) == ("", "open the red")

    stabiliser.hear(heard("open the green door"), until=2.0)

    assert state(stabiliser) == ("open the", "green door")


def test_case_and_punctuation_do_not_delay_and_the_newest_form_is_kept():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("hello world."), until=1.5)
    stabiliser.hear(heard("Hello, world and"), until=2.0)

    assert state(stabiliser) == ("Hello, world", "and")


def test_a_settled_word_keeps_its_form():
    stabiliser = Stabiliser()
    for until, form in enumerate(["hello there", "hello there", "Hello. there you are"], start=2):
        stabiliser.hear(heard(form), until=until)

    assert state(stabiliser) == ("hello there", "you are")


def test_a_sure_word_settles_at_once_when_the_sound_goes_on_after_it():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the red", probability=0.99), until=1.45)

    assert state(stabiliser) == ("open the", "red")


def test_a_sure_word_at_the_end_settles_in_a_pause():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the red", probability=0.99), until=1.45, pause=True)

    assert state(stabiliser) == ("open the red", "")


def test_an_unsure_word_holds_back_those_after_it():
    stabiliser = Stabiliser()
    stabiliser.hear([*heard("open", probability=0.6), *heard("the door", 0.5, 0.99)], until=3.0, pause=True)

    assert state(stabiliser) == ("", "open the door")


def test_words_beyond_the_end_of_the_sound_are_dropped_and_others_end_with_it():
    stabiliser = Stabiliser()
    stabiliser.hear([*heard("one"), LiveWord(" two", 0.6, 9.0, 0.5), LiveWord(" you", 27.9, 29.9, 0.5)], until=2.0)
    stabiliser.finish()

    assert text(stabiliser.settled) == "one two"
    assert stabiliser.said_until == 2.0


def test_an_echo_of_the_last_word_is_dropped():
    echo = LiveWord(" door", 0.95, 0.97, 0.08)
    stabiliser = Stabiliser()
    stabiliser.hear([*heard("the door"), echo], until=1.0, pause=True)

    assert state(stabiliser) == ("", "the door")


@pytest.mark.parametrize("loop", ["thank you " * 4, "no " * 40, "it is so and " * 5])
def test_a_pass_that_goes_round_in_circles_does_not_count(loop):
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the"), until=1.0)

    assert not stabiliser.hear(heard(f"open {loop}"), until=30.0)
    assert state(stabiliser) == ("", "open the")


def test_a_number_said_digit_by_digit_is_no_loop():
    stabiliser = Stabiliser()

    assert stabiliser.hear(heard("zero " * 5), until=5.0)


def test_what_is_settled_is_known_again_by_its_text_where_its_times_moved():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the", probability=0.99), until=1.0, pause=True)
    stabiliser.hear(heard("open the the door", start=0.45), until=3.0)

    assert state(stabiliser) == ("open the", "the door")


def test_what_is_settled_is_known_again_by_its_time_where_its_text_differs():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("open the", probability=0.99), until=1.0, pause=True)
    stabiliser.hear(heard("oh pen door"), until=2.0)

    assert state(stabiliser) == ("open the", "door")


@pytest.mark.parametrize("count", range(1, 6))
def test_finished_words_that_are_heard_once_more_are_not_repeated(count):
    said = "one two three four five six"
    stabiliser = Stabiliser((), 3.0, said)
    again = " ".join(said.split()[-count:])

    stabiliser.hear(heard(f"{again} seven eight", start=3.05), until=8.0)

    assert text(stabiliser.pending) == "seven eight"


def test_a_word_that_is_said_twice_is_kept_twice():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("hello", probability=0.99), until=0.8, pause=True)
    stabiliser.hear(heard("hello hello and"), until=1.5, pause=True)
    stabiliser.finish()

    assert text(stabiliser.settled) == "hello hello and"


def test_finished_pieces_are_taken_from_the_front():
    stabiliser = Stabiliser()
    stabiliser.hear(heard("one. two three", probability=0.99), until=3.0, pause=True)

    assert text(stabiliser.take(1)) == "one."
    assert state(stabiliser) == ("two three", "")


def test_another_goes_on_from_the_state_of_the_first():
    first = Stabiliser()
    first.hear(heard("open the", probability=0.99), until=1.0, pause=True)

    second = Stabiliser(first.settled, first.said_until)
    second.hear(heard("open the red"), until=2.0)

    assert state(second) == ("open the", "red")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (" Hello,", " hello", True),
        (" don't", " dont", True),
        (" STRASSE", " straße", True),
        (" two", " too", False),
        (" $5", " 5", False),
    ],
)
def test_words_are_compared_without_case_and_punctuation(one, other, same):
    assert (plain(one) == plain(other)) is same


WORDS = st.lists(
    st.tuples(
        st.sampled_from(["one", "Two.", "three,", "four", "Four", "five"]),
        st.floats(-1.0, 1.0),
        st.floats(0.0, 1.5),
        st.floats(0.0, 1.0),
    ),
    max_size=12,
)
PASSES = st.lists(st.tuples(WORDS, st.floats(0.1, 3.0), st.booleans(), st.booleans()), min_size=1, max_size=8)


def as_pass(items, until: float) -> list[LiveWord]:
    """Words at any times at all, even behind the end."""
    share = until / (len(items) or 1)
    starts = [max(0.0, share * index + shift) for index, (_, shift, _, _) in enumerate(items)]
    return [
        LiveWord(f" {word}", start, start + length, probability, settled=False)
        for start, (word, _, length, probability) in zip(starts, items, strict=True)
    ]


@given(PASSES)
def test_settled_text_never_changes_and_all_of_it_is_in_the_end(passes):
    stabiliser, until = Stabiliser(), 0.0
    before: tuple[LiveWord, ...] = ()
    for items, more, pause, at_end in passes:
        until += more
        stabiliser.hear(as_pass(items, until), until=until, pause=pause)
        if at_end:
            stabiliser.finish()
        assert stabiliser.settled[: len(before)] == before
        before = stabiliser.settled
    stabiliser.finish()

    assert stabiliser.settled[: len(before)] == before
    assert stabiliser.pending == ()


@given(PASSES)
def test_times_never_go_back_and_lie_within_the_sound(passes):
    stabiliser, until = Stabiliser(), 0.0
    for items, more, pause, _ in passes:
        until += more
        stabiliser.hear(as_pass(items, until), until=until, pause=pause)
        words = [*stabiliser.settled, *stabiliser.pending]
        times = [time for word in words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(0.0 <= time <= until for time in times)
        assert [word.settled for word in words] == [True] * len(stabiliser.settled) + [False] * len(stabiliser.pending)
