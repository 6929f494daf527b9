"""Exports, read back by parsers that are not ours."""

import json
from itertools import pairwise

import pysubs2
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.speech.services import exports, subtitles
from tests.fixtures import media

NASTY = "Tom & Jerry <b>bold</b> a --> b {\\an8} 100 % 5\n\nWEBVTT <script>alert(1)</script> ümläut 日本語 🎉"


def segment(text: str, start: float = 0.0, end: float | None = None, ident: int = 1) -> dict:
    words = text.split()
    end = end if end is not None else start + 0.4 * len(words)
    step = (end - start) / max(1, len(words))
    timed = [
        {"w": word, "s": start + index * step, "e": start + (index + 1) * step, "p": 0.9}
        for index, word in enumerate(words)
    ]
    return {"id": ident, "start": start, "end": end, "text": text, "confidence": 0.9, "words": timed}


def recording(name: str) -> dict:
    made = media.transcripts()[name]
    words = [{"w": one["word"], "s": one["start"], "e": one["end"], "p": 1.0} for one in made["words"]]
    whole = {"id": 1, "start": 0.0, "end": made["duration"], "text": made["text"], "confidence": 1.0, "words": words}
    return {"segments": [whole]}


def test_plain_text_has_a_line_for_each_segment_and_a_paragraph_after_a_pause():
    data = {"segments": [segment("one.", 0, 1), segment("two.", 1.2, 2), segment("three.", 9, 10)]}

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
    found = webvtt.from_string(exports.as_vtt({"segments": [segment(NASTY)]}))
    read = " ".join(caption.raw_text.replace("\n", " ") for caption in found)

    for mark, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        assert mark in read
        read = read.replace(mark, meant)
    assert read == " ".join(NASTY.replace("-->", "→").split())


def test_nasty_text_survives_in_srt():
    found = pysubs2.SSAFile.from_string(
        exports.as_srt({"segments": [segment(NASTY)]}), format_="srt", keep_html_tags=True
    )
    read = " ".join(event.text.replace("\\N", " ") for event in found)

    assert read == " ".join(NASTY.replace("-->", "→").split())


def test_nasty_text_survives_in_json():
    data = {"segments": [segment(NASTY)]}

    assert json.loads(exports.as_json(data)) == data


def test_nothing_said_makes_valid_empty_files():
    assert exports.as_text({"segments": []}) == "\n"
    assert len(pysubs2.SSAFile.from_string(exports.as_srt({"segments": []}), format_="srt")) == 0
    assert len(webvtt.from_string(exports.as_vtt({"segments": []}))) == 0


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
        found.append({"id": ident, **bounds, "text": text, "confidence": 1.0, "words": timed})
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
