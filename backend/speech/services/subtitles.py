"""Subtitles from timed words, by the rules of people who read them for a living. Pure functions.

At most two lines of 42 characters; 1 to 7 seconds; at most 20 characters a second where the speaker leaves
time for it; broken after punctuation or in a pause rather than anywhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

LINE: Final = 42
LINES: Final = 2
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 7.0
CHARACTERS_PER_S: Final = 20.0
# No two subtitles begin at the same moment, whatever an engine says about its words.
GLIMPSE_S: Final = 0.1
# A pause of this length ends a subtitle; a shorter one after a comma does when the subtitle is long already.
PAUSE_S: Final = 0.8
LONG_ENOUGH: Final = LINE
_SENTENCE_ENDS: Final = (".", "?", "!", "…", "。", "？", "！")
_CLAUSE_ENDS: Final = (",", ";", ":", "、", "，", "；", "：")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as it is written, with the blank before it where there is one."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: its times in seconds, its lines, and the label of who says it, "" where nobody knows."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str = ""


def cues(segments: Iterable[dict[str, Any]]) -> list[Cue]:
    """The subtitles of a transcript, from segments as clients see them; in order, none overlapping the next."""
    found = [_cue(group, segment["speaker"]) for segment in segments for group in _groups(timed_words(segment))]
    return _in_time([cue for cue in found if cue.lines])


def timed_words(segment: dict[str, Any]) -> list[TimedWord]:
    """The words of a segment with the blanks that its text has between them; none longer than a line."""
    text, position = " ".join(segment["text"].split()), 0
    words: list[TimedWord] = []
    for word in segment["words"] or [{"w": text, "s": segment["start"], "e": segment["end"]}]:
        body = " ".join(word["w"].split())
        at = text.find(body, position)
        blank = " " if at < 0 or text[position:at].isspace() else ""
        position = at + len(body) if at >= 0 else position
        words += _short_enough(TimedWord(blank + body, word["s"], word["e"]))
    return [word for word in words if word.text.strip()]


def wrap(text: str) -> tuple[str, ...]:
    """The text in lines of at most 42 characters; two lines as even as they can be, broken after punctuation
    if that does not make them much less even.
    """
    if len(text) <= LINE:
        return (text,) if text else ()
    breaks = [at for at, character in enumerate(text) if character == " "] or list(range(1, len(text)))
    fitting = [at for at in breaks if at <= LINE and len(text[at:].strip()) <= LINE]
    if not fitting:
        at = max((at for at in breaks if at <= LINE), default=LINE)
        return (text[:at].strip(), *wrap(text[at:].strip()))
    best = min(fitting, key=lambda at: abs(2 * at - len(text)) - (12 if _ends(text[:at], _CLAUSE_ENDS) else 0))
    return text[:best].strip(), text[best:].strip()


def _short_enough(word: TimedWord) -> list[TimedWord]:
    """A word, or its parts where it is longer than a line, each with its share of the time."""
    body = word.text.strip()
    if len(body) <= LINE:
        return [word]
    words = body.split()
    parts = (
        [f" {part}" for part in words] if len(words) > 1 else [body[at : at + LINE] for at in range(0, len(body), LINE)]
    )
    step = (word.end - word.start) / len(parts)
    spread = [
        TimedWord(part, word.start + index * step, word.start + (index + 1) * step) for index, part in enumerate(parts)
    ]
    return [item for part in spread for item in ([part] if len(part.text.strip()) <= LINE else _short_enough(part))]


def _groups(words: Sequence[TimedWord]) -> list[list[TimedWord]]:
    """Words that make one subtitle each."""
    groups: list[list[TimedWord]] = []
    current: list[TimedWord] = []
    for word in words:
        if current and _must_break(current, word):
            kept, current = _best_break(current, word)
            groups.append(kept)
        current.append(word)
    return [*groups, current] if current else groups


def _must_break(current: Sequence[TimedWord], word: TimedWord) -> bool:
    text = _text([*current, word])
    if word.start - current[-1].end >= PAUSE_S or word.end - current[0].start > LONGEST_S:
        return True
    return len(wrap(text)) > LINES or (len(_text(current)) >= LONG_ENOUGH and _ends(_text(current), _SENTENCE_ENDS))


def _best_break(current: list[TimedWord], word: TimedWord) -> tuple[list[TimedWord], list[TimedWord]]:
    """Where to end a subtitle that is full: after the last punctuation in its second half, else at its end."""
    if word.start - current[-1].end >= PAUSE_S or _ends(_text(current), _SENTENCE_ENDS):
        return current, []
    for at in range(len(current) - 1, len(current) // 2, -1):
        rest = [*current[at:], word]
        fits = len(wrap(_text(rest))) <= LINES and rest[-1].end - rest[0].start <= LONGEST_S
        if fits and _ends(current[at - 1].text, _SENTENCE_ENDS + _CLAUSE_ENDS):
            return current[:at], current[at:]
    return current, []


def _cue(group: Sequence[TimedWord], speaker: str) -> Cue:
    start, end = group[0].start, max(word.end for word in group)
    return Cue(start, min(end, start + LONGEST_S), wrap(_text(group)), speaker)


def _in_time(found: list[Cue]) -> list[Cue]:
    """Give each subtitle the time that it takes to read, as far as the next one leaves it."""
    ordered: list[Cue] = []
    for cue in sorted(found, key=lambda cue: cue.start):
        earliest = ordered[-1].start + GLIMPSE_S if ordered else 0.0
        ordered.append(replace(cue, start=max(cue.start, earliest)))
    following = [*(cue.start for cue in ordered[1:]), float("inf")]
    return [_readable(cue, after) for cue, after in zip(ordered, following, strict=False)]


def _readable(cue: Cue, next_start: float) -> Cue:
    length = sum(len(line) for line in cue.lines)
    wanted = min(max(SHORTEST_S, length / CHARACTERS_PER_S, cue.end - cue.start), LONGEST_S)
    return replace(cue, end=min(cue.start + wanted, next_start))


def _text(words: Sequence[TimedWord]) -> str:
    return "".join(word.text for word in words).strip()


def _ends(text: str, marks: tuple[str, ...]) -> bool:
    return text.rstrip("\"'”’»)]} ").endswith(marks)
