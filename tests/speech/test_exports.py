"""Exports, read back by parsers that are not ours."""

import json
from itertools import pairwise

import pysubs2
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.database.util import load_rttm

from backend.core.errors import AppError
from backend.speech.services import exports, subtitles
from backend.speech.services.speakers.voices import visible_name
from tests.fixtures import media

NASTY = "Tom & Jerry <b>bold</b> a --> b {\\an8} 100 % 5\n\nWEBVTT <script>alert(1)</script> ümläut 日本語 🎉"


def segment(text: str, start: float = 0.0, end: float | None = None, ident: int = 1, speaker: str = "") -> dict:
    words = text.split()
    end = end if end is not None else start + 0.4 * len(words)
    step = (end - start) / max(1, len(words))
    timed = [
        {"w": word, "s": start + index * step, "e": start + (index + 1) * step, "p": 0.9}
        for index, word in enumerate(words)
    ]
    return {
        "id": ident,
        "start": start,
        "end": end,
        "text": text,
        "confidence": 0.9,
        "words": timed,
        "speaker": speaker,
    }


def recording(name: str) -> dict:
    made = media.transcripts()[name]
    words = [{"w": one["word"], "s": one["start"], "e": one["end"], "p": 1.0} for one in made["words"]]
    spoken = {"id": 1, "start": 0.0, "end": made["duration"], "text": made["text"], "confidence": 1.0, "words": words}
    return whole({**spoken, "speaker": ""})


def whole(*segments: dict, speakers: tuple[tuple[str, str, str], ...] = (), **more) -> dict:
    """A transcript with these segments; speakers as (label, name, merged_into)."""
    named = [{"label": label, "name": name, "merged_into": into} for label, name, into in speakers]
    return {"title": "A talk.mp3", "segments": list(segments), "speakers": named, "turns": [], **more}


def conversation() -> dict:
    """Three voices, of which two were taken for one."""
    return whole(
        segment("hello there.", 0, 1, speaker="S1"),
        segment("how are you?", 1.1, 2, speaker="S1"),
        segment("very well.", 2.2, 3, speaker="S2"),
        segment("good.", 3.1, 4, speaker="S3"),
        segment("[music]", 4.1, 5),
        speakers=(("S1", "Ann <b> & Co", ""), ("S2", "", ""), ("S3", "", "S1")),
        turns=[
            {"start": 0.0, "end": 2.0, "speaker": "S1"},
            {"start": 2.2, "end": 3.0, "speaker": "S2"},
            {"start": 3.1, "end": 4.0, "speaker": "S3"},
        ],
    )


def test_plain_text_has_a_line_for_each_segment_and_a_paragraph_after_a_pause():
    data = whole(segment("one.", 0, 1), segment("two.", 1.2, 2), segment("three.", 9, 10))

    assert exports.as_text(data) == "one.\ntwo.\n\nthree.\n"


def test_srt_is_read_by_an_outside_parser():
    data = recording("11_long_65s.flac")

    found = pysubs2.SSAFile.from_string(exports.as_srt(data), format_="srt")

    assert " ".join(event.plaintext.replace("\n", " ") for event in found) == data["segments"][0]["text"]


def test_vtt_is_read_by_an_outside_parser():
    data = recording("11_long_65s.flac")

    found = webvtt.from_string(exports.as_vtt(data))

    assert " ".join(caption.text.replace("\n", " ") for caption in found) == data["segments"][0]["text"]


def test_nasty_text_survives_in_vtt():
    found = webvtt.from_string(exports.as_vtt(whole(segment(NASTY))))
    read = " ".join(caption.raw_text.replace("\n", " ") for caption in found)

    for mark, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        assert mark in read
        read = read.replace(mark, meant)
    assert read == " ".join(NASTY.replace("-->", "→").split())


def test_nasty_text_survives_in_srt():
    found = pysubs2.SSAFile.from_string(exports.as_srt(whole(segment(NASTY))), format_="srt", keep_html_tags=True)
    read = " ".join(event.text.replace("\\N", " ") for event in found)

    assert read == " ".join(NASTY.replace("-->", "→").split())


def test_nasty_text_survives_in_json():
    data = whole(segment(NASTY))

    assert json.loads(exports.as_json(data)) == data


def test_nothing_said_makes_valid_empty_files():
    assert exports.as_text(whole()) == "\n"
    assert len(pysubs2.SSAFile.from_string(exports.as_srt(whole()), format_="srt")) == 0
    assert len(webvtt.from_string(exports.as_vtt(whole()))) == 0


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("talk.mp3", "talk"),
        ('a/b\\c:"d"', "a_b_c_d"),
        ("../../etc/passwd", "etc_passwd"),
        ("...", "transcript"),
        ("Réunion du 3 mai", "Réunion du 3 mai"),
    ],
)
def test_a_title_becomes_a_safe_file_name(title, name):
    assert exports.file_name(title) == name


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=60)


def test_plain_text_names_each_speaker_at_the_change():
    assert exports.as_text(conversation()) == (
        "Ann <b> & Co: hello there.\nhow are you?\n\nSpeaker 2: very well.\n\nAnn <b> & Co: good.\n\n[music]\n"
    )


def test_vtt_gives_each_subtitle_its_voice():
    found = webvtt.from_string(exports.as_vtt(conversation()))

    assert [caption.voice for caption in found] == [
        *["Ann &lt;b&gt; &amp; Co"] * 2, "Speaker 2", "Ann &lt;b&gt; &amp; Co", None,
    ]  # fmt: skip
    assert found[2].text == "very well."


def test_srt_names_a_speaker_where_another_one_begins():
    found = pysubs2.SSAFile.from_string(exports.as_srt(conversation()), format_="srt", keep_html_tags=True)

    assert [event.text for event in found] == [
        "Ann <b> & Co: hello there.", "how are you?", "Speaker 2: very well.", "Ann <b> & Co: good.", "[music]",
    ]  # fmt: skip


def test_rttm_is_read_by_an_outside_parser(tmp_path):
    file = tmp_path / "talk.rttm"
    file.write_text(exports.as_rttm(conversation()))

    found = load_rttm(file)["A_talk"]

    assert [(turn.start, turn.end, name) for turn, _, name in found.itertracks(yield_label=True)] == [
        (0.0, 2.0, "Ann_<b>_&_Co"), (2.2, 3.0, "Speaker_2"), (3.1, 4.0, "Ann_<b>_&_Co"),
    ]  # fmt: skip


def test_rttm_of_a_recording_whose_speakers_nobody_knows_is_a_conflict():
    with pytest.raises(AppError) as refused:
        exports.as_rttm(whole(segment("one.")))
    assert refused.value.code == "conflict"


@given(
    st.lists(st.text(min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=3),
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
)
@settings(deadline=None)
def test_whatever_speakers_are_called_the_files_can_be_read(names, order):
    speakers = tuple((f"S{number}", name, "") for number, name in enumerate(names, start=1))
    segments = [
        segment(f"word{at}.", at, at + 0.9, speaker=f"S{number}" if 0 < number <= len(names) else "")
        for at, number in enumerate(order)
    ]
    data = whole(*segments, speakers=tuple((label, visible_name(name), "") for label, name, _ in speakers))

    assert len(webvtt.from_string(exports.as_vtt(data))) == len(order)
    assert len(pysubs2.SSAFile.from_string(exports.as_srt(data), format_="srt")) == len(order)


@st.composite
def speech(draw):
    """Segments as an engine gives them: in order, at any speed, with any words."""
    found, now = [], 0.0
    for ident in range(1, draw(st.integers(0, 6)) + 1):
        said = draw(st.lists(st.tuples(words, st.floats(0, 2), st.floats(0, 3)), min_size=1, max_size=25))
        timed = []
        for text, length, pause in said:
            timed.append({"w": text, "s": now, "e": now + length, "p": 1.0})
            now += length + pause
        text = " ".join(text for text, _, _ in said)
        bounds = {"start": timed[0]["s"], "end": timed[-1]["e"]}
        found.append({"id": ident, **bounds, "text": text, "confidence": 1.0, "words": timed, "speaker": ""})
    return found


@given(speech())
@settings(deadline=None, max_examples=200)
def test_no_line_is_longer_than_42_characters_and_no_subtitle_has_three(segments):
    for cue in subtitles.cues(segments):
        assert 1 <= len(cue.lines) <= 2
        assert all(0 < len(line) <= 42 for line in cue.lines)


@given(speech())
@settings(deadline=None)
def test_subtitles_are_in_order_and_do_not_overlap(segments):
    found = subtitles.cues(segments)

    assert all(left.end <= right.start for left, right in pairwise(found))
    assert all(cue.start < cue.end <= cue.start + subtitles.LONGEST_S + 1e-6 for cue in found)


@given(speech())
@settings(deadline=None)
def test_a_subtitle_stays_long_enough_to_be_read_where_the_speaker_leaves_time(segments):
    for cue, following in pairwise(subtitles.cues(segments)):
        length = sum(len(line) for line in cue.lines)
        needed = max(subtitles.SHORTEST_S, length / subtitles.CHARACTERS_PER_S)
        assert cue.end - cue.start >= min(needed, following.start - cue.start, subtitles.LONGEST_S) - 1e-6


@given(speech())
@settings(deadline=None)
def test_no_word_is_lost(segments):
    shown = "".join(line for cue in subtitles.cues(segments) for line in cue.lines)
    said = "".join(word["w"] for one in segments for word in one["words"])

    assert shown.replace(" ", "") == said.replace(" ", "")


def test_a_subtitle_ends_after_punctuation_rather_than_anywhere():
    text = "This is a sentence of some length, and here it goes on for quite a while, until it ends at last. Next one."

    first = " ".join(subtitles.cues([segment(text, 0, 12)])[0].lines)

    assert first.endswith((",", "."))


def test_text_without_blanks_is_not_given_any():
    words = [{"w": "こんにちは", "s": 0.0, "e": 1.0, "p": 1.0}, {"w": "世界", "s": 1.0, "e": 2.0, "p": 1.0}]
    cjk = {**segment("x", 0.0, 2.0), "text": "こんにちは世界", "words": words}

    assert subtitles.cues([cjk])[0].lines == ("こんにちは世界",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
@pytest.mark.parametrize("ending", ["txt", "srt", "vtt", "json"])
def test_each_format_is_downloaded_under_the_title(finished, as_user, owner, ending):
    transcript = finished(owner, title='Zoë "the" talk.mp3')
    answer = as_user(owner).get(f"/api/transcripts/{transcript.pk}/export/{ending}")

    assert answer.status_code == 200
    assert f"talk.{ending}" in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert "open" in answer.content.decode() or len(answer.content) > 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.database
def test_a_format_that_does_not_exist_is_not_found(finished, as_user, owner):
    transcript = finished(owner)

    assert as_user(owner).get(f"/api/transcripts/{transcript.pk}/export/docx").status_code == 404
