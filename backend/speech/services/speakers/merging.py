"""Words and turns become words with speakers, and segments of one speaker each. Pure functions.

A word belongs to whoever speaks longest during it; then single words that a model of voices has mistaken are set
right by what sentences and pauses say.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

from backend.engines.diarizing import Diarization, Turn

# An engine stretches a word over the silence behind it: what is longer says nothing about its speaker.
LONGEST_WORD_S: Final = 1.5
# A word beside every turn belongs to the nearest one so close by, else to the speaker before.
NEAR_S: Final = 0.5
# One or two words so short, inside a sentence, between words of one other speaker, are a mistake.
ISLAND_WORDS: Final = 2
ISLAND_S: Final = 0.6
MAJORITY: Final = 0.75
# A change of speakers moves to the longest pause so close by.
SNAP_S: Final = 0.3
# Two voices at once are worth a mark from this share of a word on.
OVERLAP_SHARE: Final = 0.25
_SENTENCE_ENDS: Final = (".", "?", "!", "…", "。", "？", "！")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word with its times and speaker; `share` of its time is that speaker's, `overlap` says that two spoke."""

    text: str
    start: float
    end: float
    speaker: str = ""
    share: float = 0.0
    overlap: bool = False

    @property
    def heard_until(self) -> float:
        return min(self.end, self.start + LONGEST_WORD_S)

    @property
    def ends_sentence(self) -> bool:
        return self.text.rstrip("\"'”’»)]} ").endswith(_SENTENCE_ENDS)


def assign(words: Sequence[Spoken], found: Diarization) -> list[Spoken]:
    """The words, in order of time, each with its speaker. Texts and times stay; without turns nobody gets any."""
    if not found.exclusive:
        return list(words)
    exclusive, doubled = _Timeline(found.exclusive), _Timeline(_doubled(found.turns))
    given: list[Spoken] = []
    before = ""
    for word in words:
        speaker, share = _speaker_of(word, exclusive, before)
        length = max(word.heard_until - word.start, 1e-9)
        together = sum(seconds for _, seconds in doubled.during(word.start, word.heard_until)) / length
        given.append(replace(word, speaker=speaker, share=round(share, 2), overlap=together >= OVERLAP_SHARE))
        before = speaker
    speakers = [word.speaker for word in given]
    for correct in (_without_islands, _with_whole_sentences, _at_pauses):
        speakers = correct(given, speakers)
    return [_as_said_by(word, speaker, exclusive) for word, speaker in zip(given, speakers, strict=True)]


def split_all(segments: Sequence[dict[str, Any]], found: Diarization) -> list[dict[str, Any]]:
    """Segments in order, divided where the speaker changes. One without words gets a speaker as a whole."""
    spoken = [word for segment in segments for word in _words_of(segment)]
    given = iter(assign(spoken, found))
    return [part for segment in segments for part in _parts(segment, [next(given) for _ in _words_of(segment)])]


def speakers_of(found: Diarization) -> list[dict[str, Any]]:
    """A speaker for each voice, without a name as yet."""
    labels = dict.fromkeys(turn.speaker for turn in sorted([*found.exclusive, *found.turns], key=lambda t: t.start))
    return [{"label": label, "name": "", "merged_into": ""} for label in labels]


class _Timeline:
    """Turns in order that do not overlap, to be asked who speaks during some time."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = list(turns)
        self._starts = [turn.start for turn in turns]
        self._ends = [turn.end for turn in turns]

    def during(self, start: float, end: float) -> Iterator[tuple[str, float]]:
        """Speakers and how many seconds of that time each turn of theirs covers."""
        for turn in self._turns[bisect_right(self._ends, start) : bisect_left(self._starts, end)]:
            yield turn.speaker, min(turn.end, end) - max(turn.start, start)

    def nearest(self, start: float, end: float) -> tuple[str, float]:
        """The speaker of the nearest turn, and how far away it is."""
        at = bisect_left(self._starts, start)
        beside = self._turns[max(0, at - 1) : at + 1]
        distances = [(max(turn.start - end, start - turn.end, 0.0), turn.speaker) for turn in beside]
        distance, speaker = min(distances)
        return speaker, distance


def _speaker_of(word: Spoken, timeline: _Timeline, before: str) -> tuple[str, float]:
    shares: Counter[str] = Counter()
    for speaker, seconds in timeline.during(word.start, word.heard_until):
        shares[speaker] += seconds  # type: ignore[assignment]
    if shares:
        speaker, seconds = shares.most_common(1)[0]
        return speaker, min(1.0, seconds / max(word.heard_until - word.start, 1e-9))
    speaker, distance = timeline.nearest(word.start, word.heard_until)
    return (speaker if distance <= NEAR_S or not before else before), 0.0


def _as_said_by(word: Spoken, speaker: str, timeline: _Timeline) -> Spoken:
    if speaker == word.speaker:
        return word
    seconds = sum(s for who, s in timeline.during(word.start, word.heard_until) if who == speaker)
    share = min(1.0, seconds / max(word.heard_until - word.start, 1e-9))
    return replace(word, speaker=speaker, share=round(share, 2))


def _without_islands(words: Sequence[Spoken], speakers: Sequence[str]) -> list[str]:
    corrected = list(speakers)
    for start, end in _runs(corrected):
        short = end - start <= ISLAND_WORDS and words[end - 1].end - words[start].start < ISLAND_S
        inside = start > 0 and end < len(words)
        if not short or not inside or corrected[start - 1] != corrected[end]:
            continue
        if not words[start - 1].ends_sentence and not words[end - 1].ends_sentence:
            corrected[start:end] = [corrected[end]] * (end - start)
    return corrected


def _with_whole_sentences(words: Sequence[Spoken], speakers: Sequence[str]) -> list[str]:
    corrected = list(speakers)
    start = 0
    for index, word in enumerate(words):
        if not word.ends_sentence:
            continue
        sentence = corrected[start : index + 1]
        speaker, count = Counter(sentence).most_common(1)[0]
        if count >= MAJORITY * len(sentence):
            corrected[start : index + 1] = [speaker] * len(sentence)
        start = index + 1
    return corrected


def _at_pauses(words: Sequence[Spoken], speakers: Sequence[str]) -> list[str]:
    corrected = list(speakers)
    for change, _ in _runs(speakers):
        if change == 0:
            continue
        moment = words[change].start
        near = [
            at
            for at in range(max(1, change - 4), min(len(words), change + 5))
            if abs((words[at - 1].end + words[at].start) / 2 - moment) <= SNAP_S
        ]
        best = max(near, key=lambda at: (words[at].start - words[at - 1].end, -abs(at - change)), default=change)
        if words[best].start - words[best - 1].end <= words[change].start - words[change - 1].end:
            continue
        first, last = min(best, change), max(best, change)
        # Only over words of the two who change here: a third one between them is not swallowed.
        if len(set(corrected[first - 1 : last + 1])) <= 2:
            corrected[first:last] = [corrected[change if best < change else change - 1]] * (last - first)
    return corrected


def _runs(speakers: Sequence[str]) -> list[tuple[int, int]]:
    """From where to where one speaker goes on."""
    starts = [at for at in range(len(speakers)) if at == 0 or speakers[at] != speakers[at - 1]]
    return list(pairwise([*starts, len(speakers)]))


def _doubled(turns: Sequence[Turn]) -> list[Turn]:
    """The times during which more than one speaks."""
    edges = sorted([(turn.start, 1) for turn in turns] + [(turn.end, -1) for turn in turns])
    doubled: list[Turn] = []
    voices, since = 0, 0.0
    for moment, change in edges:
        if voices == 1 and change == 1:
            since = moment
        elif voices == 2 and change == -1 and moment > since:
            doubled.append(Turn(since, moment, ""))
        voices += change
    return doubled


def _words_of(segment: dict[str, Any]) -> list[Spoken]:
    if not segment["words"]:
        return [Spoken(segment["text"], segment["start"], segment["end"])]
    return [Spoken(word["w"], word["s"], word["e"]) for word in segment["words"]]


def _parts(segment: dict[str, Any], words: Sequence[Spoken]) -> list[dict[str, Any]]:
    if not segment["words"]:
        return [{**segment, "speaker": words[0].speaker}]
    texts = _texts(segment, [start for start, _ in _runs([word.speaker for word in words])])
    return [
        _part(segment, words, start, end, text)
        for (start, end), text in zip(_runs([word.speaker for word in words]), texts, strict=True)
    ]


def _part(segment: dict[str, Any], words: Sequence[Spoken], start: int, end: int, text: str) -> dict[str, Any]:
    own = [_described(old, new) for old, new in zip(segment["words"][start:end], words[start:end], strict=True)]
    whole = end - start == len(words)
    confidence = segment["confidence"] if whole else round(sum(word["p"] for word in own) / len(own), 3)
    return {
        **segment,
        "start": segment["start"] if start == 0 else own[0]["s"],
        "end": segment["end"] if end == len(words) else max(word["e"] for word in own),
        "text": text,
        "confidence": confidence,
        "words": own,
        "speaker": words[start].speaker,
    }


def _described(old: dict[str, Any], new: Spoken) -> dict[str, Any]:
    kept = {name: value for name, value in old.items() if name not in ("speaker", "share", "overlap")}
    if not new.speaker:
        return kept
    return {**kept, "speaker": new.speaker, "share": new.share, **({"overlap": True} if new.overlap else {})}


def _texts(segment: dict[str, Any], starts: Sequence[int]) -> list[str]:
    """The segment's text cut before these words, as it is written."""
    text, position, cuts = segment["text"], 0, []
    for index, word in enumerate(segment["words"]):
        at = text.find(word["w"], position)
        if index in starts:
            cuts.append(at if at >= 0 else position)
        position = at + len(word["w"]) if at >= 0 else position
    if cuts:
        cuts[0] = 0
    return [text[start:end].strip() for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]
