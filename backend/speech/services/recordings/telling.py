"""What a listener hears becomes rows and events: finished pieces durably, unsettled words as they change."""

import json
from typing import Any, Final

from django.db.models import F, Max, Value
from django.db.models.functions import Concat

from backend.core.text import fold
from backend.engines.listening import Final as FinalPiece
from backend.engines.listening import Listener, LiveWord, Output, Partial, Resume, SpeechEnded, SpeechStarted
from backend.jobs.running import Run
from backend.speech.models import Recording, Revision, Segment, Transcript
from backend.speech.services.recordings import incoming
from backend.speech.services.revisions import save_and_tell
from backend.speech.services.schemas import describe_segment

PARTIAL: Final = "partial"
SPEECH: Final = "speech"


class Teller:
    """Tells what one attempt hears, under its claim."""

    def __init__(self, run: Run, revision: Revision) -> None:
        self._run = run
        self._revision = revision
        self._topic = revision.transcript.topic
        self._ident = str(revision.transcript_id)
        self._last = int(revision.segments.aggregate(last=Max("number"))["last"] or 0)
        partial = live_state(self._ident)["partial"]
        self._rev = partial["rev"] if partial else 0

    def resume(self) -> Resume | None:
        """Where the attempt before stood; None for the first."""
        (text,) = incoming.recall(self._ident, "resume")
        remembered = json.loads(text) if text else None
        if remembered and remembered["last"] == self._last:
            return _resume_from(remembered)
        kept = Recording.objects.values_list("resume", flat=True).get(transcript_id=self._ident)
        return _resume_from(kept) if kept else None

    def take(self, output: Output, listener: Listener) -> None:
        match output:
            case FinalPiece():
                self._store(output, listener)
            case Partial():
                self._show(output.words, listener)
            case SpeechStarted() | SpeechEnded():
                state = "started" if isinstance(output, SpeechStarted) else "ended"
                incoming.remember(self._ident, speech=state)
                self._run.publish_now(self._topic, SPEECH, {"state": state, "at": output.at}, replaces=SPEECH)

    def lag(self, received_s: float, processed_s: float) -> None:
        data = {"received_s": round(received_s, 2), "processed_s": round(processed_s, 2)}
        self._run.publish_now(self._topic, "lag", data, replaces="lag")

    def _store(self, piece: FinalPiece, listener: Listener) -> None:
        segment = _segment(self._revision, self._last + 1, piece)
        resume = {**_resume_data(listener.resume), "last": segment.number}
        with self._run.guarded():
            segment.save(force_insert=True)
            Recording.objects.filter(transcript_id=self._ident).update(resume=resume)
            more = Concat(F("folded_text"), Value(f"{fold(segment.text)} "))
            Transcript.objects.filter(pk=self._ident).update(folded_text=more)
            self._run.publish(self._topic, "final", describe_segment(segment))
        self._last = segment.number
        incoming.remember(self._ident, partial="", resume=json.dumps(resume))
        if not self._revision.language:
            save_and_tell(self._run, self._revision, language=listener.language)

    def _show(self, words: tuple[LiveWord, ...], listener: Listener) -> None:
        self._rev += 1
        data: dict[str, Any] = {"rev": self._rev, "start": None, "end": None, "text": "", "words": []}
        if words:
            data |= {"start": words[0].start, "end": words[-1].end, "text": _text(words)}
            data["words"] = [{**_word(word), "settled": word.settled} for word in words]
        resume = {**_resume_data(listener.resume), "last": self._last}
        # Stored before it is told, so that a snapshot is never behind an event.
        incoming.remember(self._ident, partial=json.dumps(data), resume=json.dumps(resume))
        self._run.publish_now(self._topic, PARTIAL, data, replaces=PARTIAL)


def live_state(ident: str) -> dict[str, Any]:
    """What is being said at this moment, as snapshots show it."""
    partial, speech = incoming.recall(ident, PARTIAL, SPEECH)
    return {"partial": json.loads(partial) if partial else None, "speech": speech or "ended"}


def _segment(revision: Revision, number: int, piece: FinalPiece) -> Segment:
    words = piece.words
    return Segment(
        revision=revision,
        number=number,
        start=words[0].start,
        end=words[-1].end,
        text=_text(words),
        confidence=round(sum(word.probability for word in words) / len(words), 3),
        words=[_word(word) for word in words],
    )


def _text(words: tuple[LiveWord, ...]) -> str:
    return "".join(word.text for word in words).strip()


def _word(word: LiveWord) -> dict[str, Any]:
    return {"w": word.text.strip(), "s": round(word.start, 3), "e": round(word.end, 3), "p": word.probability}


def _resume_data(resume: Resume) -> dict[str, Any]:
    settled = [[word.text, word.start, word.end, word.probability] for word in resume.settled]
    return {
        "sample": resume.sample,
        "settled": settled,
        "said_until": resume.said_until,
        "before": resume.before,
    }


def _resume_from(data: dict[str, Any]) -> Resume:
    settled = tuple(LiveWord(*word) for word in data["settled"])
    return Resume(data["sample"], settled, data["said_until"], data["before"])
