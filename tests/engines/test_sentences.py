"""Where a finished piece of text ends."""

import pytest

from backend.engines.listening import LiveWord
from backend.engines.listening.sentences import finished


def words(text: str, gaps: dict[int, float] | None = None) -> list[LiveWord]:
    """Words of half a second; `gaps` are the pauses before those with these numbers."""
    found, now = [], 0.0
    for index, word in enumerate(text.split()):
        now += (gaps or {}).get(index, 0.0)
        found.append(LiveWord(f" {word}", now, now + 0.5, 0.9))
        now += 0.5
    return found


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("open the door", 0),
        ("open the door.", 0),
        ("open the door. and", 3),
        ("one. two. three", 1),
        ('he said "go!" and went', 3),
        ("did Mr. Smith go? yes", 4),
        ("你好。 再见", 1),
        ("version 3.5 is out", 0),
    ],
)
def test_a_sentence_is_finished_when_another_word_follows(text, count):
    assert finished(words(text)) == count


def test_long_text_without_marks_is_divided_in_its_widest_gap():
    assert finished(words("word " * 32, gaps={3: 2.0, 14: 0.4, 20: 0.2})) == 14


def test_short_text_without_marks_waits():
    assert finished(words("word " * 20, gaps={14: 2.0})) == 0
