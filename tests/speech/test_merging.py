"""Words and turns become words with speakers: the rule, and what always holds."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.engines.diarizing import Diarization, Turn
from backend.speech.services.speakers.merging import Spoken, assign, speakers_of, split_all
from tests.fixtures import media

CONVERSATION = media.transcripts()["08_two_voices.flac"]
VOICES = {"en-us+m2": "S1", "en+f3": "S2"}
TURNS = [Turn(one["start"], one["end"], VOICES[one["voice"]]) for one in CONVERSATION["segments"]]


def found(*turns: tuple[float, float, str], overlapping: tuple[tuple[float, float, str], ...] = ()) -> Diarization:
    exclusive = tuple(Turn(*turn) for turn in turns)
    return Diarization(tuple(Turn(*turn) for turn in overlapping) or exclusive, exclusive)


def words(text: str, start: float = 0.0, length: float = 0.3, gap: float = 0.0) -> list[Spoken]:
    """Words that are said one after the other."""
    return [
        Spoken(word, start + at * (length + gap), start + at * (length + gap) + length)
        for at, word in enumerate(text.split())
    ]


def speakers(given_words: list[Spoken], diarization: Diarization) -> list[str]:
    return [word.speaker for word in assign(given_words, diarization)]


def segment(spoken: list[Spoken], **more) -> dict:
    timed = [{"w": word.text, "s": word.start, "e": word.end, "p": 0.9} for word in spoken]
    text = " ".join(word.text for word in spoken)
    bounds = {"start": spoken[0].start, "end": spoken[-1].end}
    return {"id": 1, **bounds, "text": text, "confidence": 0.9, "words": timed, "speaker": "", "version": 1, **more}


def of_conversation(shift: float = 0.0) -> tuple[list[str], list[str]]:
    """The speakers that the words of the recorded conversation get and have, with its turns known `shift` too late."""
    spoken = [Spoken(word["word"], word["start"], word["end"]) for word in CONVERSATION["words"]]
    true = [next(turn.speaker for turn in TURNS if turn.start <= word.start < turn.end) for word in spoken]
    turns = tuple(Turn(turn.start + shift, turn.end + shift, turn.speaker) for turn in TURNS)
    return speakers(spoken, Diarization(turns, turns)), true


@pytest.mark.parametrize("shift", [0.0, -0.2, 0.2])
def test_each_word_of_a_conversation_goes_to_whoever_says_it(shift):
    given_speakers, true = of_conversation(shift)

    assert given_speakers == true


def test_a_word_goes_to_whoever_speaks_longest_during_it():
    spoken = [Spoken("one", 0.0, 1.0)]

    merged = assign(spoken, found((0.0, 0.35, "S1"), (0.35, 0.7, "S2"), (0.7, 1.0, "S1")))

    assert merged == [Spoken("one", 0.0, 1.0, "S1", 0.65)]


def test_only_the_beginning_of_a_word_that_lasts_into_silence_counts():
    spoken = [Spoken("well", 0.0, 9.0), Spoken("yes", 9.0, 9.3)]

    assert speakers(spoken, found((0.0, 0.6, "S1"), (2.0, 9.5, "S2"))) == ["S1", "S2"]


def test_a_word_beside_all_turns_goes_to_the_nearest_one():
    spoken = [*words("a b c"), Spoken("d", 1.3, 1.5)]

    assert speakers(spoken, found((0.0, 0.9, "S1"), (1.6, 3.0, "S2")))[-1] == "S2"


def test_a_word_far_from_all_turns_goes_to_whoever_spoke_before():
    spoken = [*words("a b c"), Spoken("d", 3.0, 3.2)]

    assert speakers(spoken, found((0.0, 0.9, "S1"), (4.0, 5.0, "S2")))[-1] == "S1"


def test_a_short_island_within_a_sentence_is_a_mistake():
    spoken = words("we shall see about that in the morning.")

    assert speakers(spoken, found((0.0, 0.9, "S1"), (0.9, 1.2, "S2"), (1.2, 2.4, "S1"))) == ["S1"] * 8


def test_a_short_answer_between_sentences_is_none():
    spoken = words("shall we go now? yes. then come with me.", length=0.5)

    assert speakers(spoken, found((0.0, 2.0, "S1"), (2.0, 2.5, "S2"), (2.5, 4.5, "S1"))) == [
        *["S1"] * 4, "S2", *["S1"] * 4,
    ]  # fmt: skip


def test_a_sentence_mostly_said_by_one_goes_to_that_one():
    spoken = words("one two three four five six seven eight.", length=0.4)

    assert speakers(spoken, found((0.0, 0.8, "S2"), (0.8, 3.2, "S1"))) == ["S1"] * 8


def test_a_change_moves_to_the_pause_beside_it():
    # The turn changes within "there", the voice in the pause after it.
    spoken = [Spoken("over", 0.0, 0.4), Spoken("there", 0.4, 0.6), Spoken("who", 0.75, 1.1), Spoken("is", 1.1, 1.5)]

    assert speakers(spoken, found((0.0, 0.45, "S1"), (0.45, 1.5, "S2"))) == ["S1", "S1", "S2", "S2"]


def test_a_word_during_which_two_speak_is_marked():
    merged = assign(
        words("one two three"),
        found((0.0, 0.9, "S1"), overlapping=((0.0, 0.9, "S1"), (0.35, 0.6, "S2"))),
    )

    assert [word.overlap for word in merged] == [False, True, False]


def test_without_turns_nobody_says_anything():
    spoken = words("one two")

    assert assign(spoken, found()) == spoken


def test_a_segment_is_divided_where_the_speaker_changes():
    spoken = words("How are you? Very well.", length=0.5)

    parts = split_all([segment(spoken, text="How are  you? Very well.")], found((0.0, 1.5, "S1"), (1.5, 2.5, "S2")))

    assert [(part["speaker"], part["text"], part["start"], part["end"]) for part in parts] == [
        ("S1", "How are  you?", 0.0, 1.5), ("S2", "Very well.", 1.5, 2.5),
    ]  # fmt: skip


def test_a_segment_without_words_gets_a_speaker_as_a_whole():
    whole = {**segment(words("one two", start=1.0)), "words": []}

    assert split_all([whole], found((0.0, 3.0, "S1"))) == [{**whole, "speaker": "S1"}]


def test_dividing_again_by_other_turns_forgets_the_first():
    spoken = words("how are you? very well.", length=0.5)
    first = split_all([segment(spoken)], found((0.0, 1.5, "S1"), (1.5, 2.5, "S2")))

    again = split_all(first, found((0.0, 2.5, "S1")))

    assert {word["speaker"] for part in again for word in part["words"]} == {"S1"}
    assert split_all(first, found()) == [
        {**part, "speaker": "", "words": [{name: word[name] for name in "wsep"} for word in part["words"]]}
        for part in first
    ]


def test_speakers_come_in_the_order_of_their_first_words():
    assert speakers_of(found((0.0, 1.0, "S1"), (1.0, 2.0, "S2"), (2.0, 3.0, "S1"))) == [
        {"label": "S1", "name": "", "merged_into": ""}, {"label": "S2", "name": "", "merged_into": ""},
    ]  # fmt: skip


@st.composite
def spoken_words(draw):
    said = draw(
        st.lists(
            st.tuples(st.sampled_from(["one", "two.", "three?", "four", "five,"]), st.floats(0, 3), st.floats(0, 2)),
            max_size=40,
        )
    )
    here, result = 0.0, []
    for text, length, pause in said:
        result.append(Spoken(text, here, here + length))
        here += length + pause
    return result


@st.composite
def diarizations(draw):
    here, turns = 0.0, []
    for number, pause, length in draw(
        st.lists(st.tuples(st.integers(1, 4), st.floats(0, 2), st.floats(0.02, 4)), max_size=20)
    ):
        turns.append((here + pause, here + pause + length, f"S{number}"))
        here += pause + length
    overlapping = [*turns, *((start, end + extra, who) for start, end, who in turns[:3] for extra in (0.5,))]
    return found(*turns, overlapping=tuple(sorted(overlapping)))


@given(spoken_words(), diarizations())
@settings(deadline=None, max_examples=300)
def test_every_word_keeps_its_place_and_has_one_of_the_speakers(spoken, diarization):
    merged = assign(spoken, diarization)

    assert [(word.text, word.start, word.end) for word in merged] == [
        (word.text, word.start, word.end) for word in spoken
    ]
    known = {turn.speaker for turn in diarization.exclusive} or {""}
    assert {word.speaker for word in merged} <= known
    assert all(0.0 <= word.share <= 1.0 for word in merged)


@given(spoken_words(), diarizations(), st.integers(1, 7))
@settings(deadline=None, max_examples=300)
def test_segments_are_divided_without_losing_anything(spoken, diarization, size):
    pieces = [spoken[at : at + size] for at in range(0, len(spoken), size)]
    segments = [segment(piece) for piece in pieces]

    parts = split_all(segments, diarization)

    assert " ".join(part["text"] for part in parts) == " ".join(one["text"] for one in segments)
    assert [word["w"] for part in parts for word in part["words"]] == [word.text for word in spoken]
    assert all({word.get("speaker", "") for word in part["words"]} == {part["speaker"]} for part in parts)
    assert all(left["start"] <= right["start"] for left, right in pairwise(parts))
