"""Changing what a segment says or whose it is. What was there before is kept; unchanged words keep their times."""

from difflib import SequenceMatcher
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import fold
from backend.live.publish import publish
from backend.speech.models import Revision, Segment, SegmentVersion, Transcript
from backend.speech.services import transcripts
from backend.speech.services.schemas import describe_segment
from backend.speech.services.speakers import voices

NEW_SPEAKER: Final = "new"


@transaction.atomic
def edit(
    user: User, transcript_id: UUID, number: int, *, text: str | None, speaker: str | None, version: int | None
) -> dict[str, Any]:
    """Give a segment of the shown text another text or speaker; the segment as it is then.

    `speaker` is a label, "" for nobody or "new" for somebody else. `conflict` where it has not the given `version`
    any more, and while the text is still being written.
    """
    transcript, revision = voices.held(user, transcript_id)
    if revision.finished_at is None and revision.job is not None and not revision.job.has_ended:
        raise AppError("conflict", "This text is still being written.")
    segment = _segment(revision, number, held=True)
    if version is not None and version != segment.version:
        raise AppError("conflict", "Somebody has changed this meanwhile.")
    if speaker == NEW_SPEAKER:
        speaker = voices.add(revision)
        voices.store(transcript, revision)
    elif speaker and speaker not in {one["label"] for one in revision.speakers}:
        raise AppError("not_found", "There is no such speaker.")
    _change(user, segment, " ".join(text.split()) if text is not None else None, speaker)
    if text is not None:
        _refresh_search(transcript, revision)
    described = describe_segment(segment)
    publish(transcript.topic, "segment", described)
    return described


def versions(user: User, transcript_id: UUID, number: int) -> list[dict[str, Any]]:
    """What a segment was before each change, oldest first."""
    transcript = transcripts.get(user, transcript_id)
    segment = _segment(transcript.shown, number)
    names = ("number", "text", "speaker", "replaced_by", "replaced_at")
    return [{name: getattr(row, name) for name in names} for row in segment.versions.all()]


def retimed(words: list[dict[str, Any]], text: str, start: float, end: float) -> list[dict[str, Any]]:
    """The words of an edited text. Those that were there keep what they have; others share the time of what they
    replace, or of the gap between their neighbours.
    """
    old, new = [word["w"] for word in words], text.split()
    result: list[dict[str, Any]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            result += words[a:b]
            continue
        since = words[a - 1]["e"] if a == b and a > 0 else words[a]["s"] if a < b else start
        until = words[b - 1]["e"] if a < b else words[b]["s"] if b < len(words) else end
        result += _spread(new[c:d], since, max(since, until), words[a:b])
    return result


def _spread(texts: list[str], since: float, until: float, replaced: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(texts) == len(replaced):
        return [{**word, "w": text, "p": 1.0} for word, text in zip(replaced, texts, strict=True)]
    letters = sum(map(len, texts)) or 1
    spread: list[dict[str, Any]] = []
    at = since
    for text in texts:
        after = at + (until - since) * len(text) / letters
        spread.append({"w": text, "s": round(at, 3), "e": round(after, 3), "p": 1.0})
        at = after
    return spread


def _change(user: User, segment: Segment, text: str | None, speaker: str | None) -> None:
    SegmentVersion.objects.create(
        segment=segment,
        number=segment.version,
        text=segment.text,
        words=segment.words,
        speaker=segment.speaker,
        replaced_by=user.username,
        replaced_at=timezone.now(),
    )
    if text is not None:
        words = retimed(segment.words, text, segment.start, segment.end)
        segment.words = [word if "speaker" in word else _said_by(word, segment.speaker) for word in words]
        segment.text = text
    if speaker is not None:
        segment.speaker = speaker
        segment.words = [_said_by(word, speaker) for word in segment.words]
    segment.version += 1
    segment.save()


def _said_by(word: dict[str, Any], speaker: str) -> dict[str, Any]:
    kept = {name: value for name, value in word.items() if name not in ("speaker", "share", "overlap")}
    return {**kept, "speaker": speaker, "share": 1.0} if speaker else kept


def _segment(revision: Revision, number: int, *, held: bool = False) -> Segment:
    rows = Segment.objects.select_for_update() if held else Segment.objects.all()
    try:
        return rows.get(revision=revision, number=number)
    except ObjectDoesNotExist:
        raise AppError("not_found", "There is no such segment.") from None


def _refresh_search(transcript: Transcript, revision: Revision) -> None:
    texts = revision.segments.values_list("text", flat=True)
    transcript.folded_text = "".join(f"{fold(text)} " for text in texts)
    transcript.save(update_fields=["folded_text"])
