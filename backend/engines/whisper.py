"""Transcription by faster-whisper."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE, Heard, Segment, Word
from backend.engines.installed import languages_of, wanted_model
from backend.engines.loops import TOO_REPETITIVE, without_loop
from backend.engines.whisper_model import checked_language, failures, load_model

# The first try is greedy towards the likeliest text; the others are for pieces where that went round in
# circles.
FIRST_TRY: Final = (0.0,)
SECOND_TRY: Final = (0.2, 0.4, 0.6, 0.8)
_CONTEXT_FREE: Final[dict[str, Any]] = {
    # A piece must come out the same whichever worker hears it, so that it may not depend on the one before.
    "condition_on_previous_text": False,
    "word_timestamps": True,
    "beam_size": 5,
}


class WhisperTranscriber:
    """`model` is a name or directory; "" is the one that the settings ask for. The device, the type of number
    and the threads come from the settings. Raises `AppError("engine_failed")` where the model is not on
    this machine.
    """

    name = "faster-whisper"
    can_use_hotwords = True
    longest_s = 30.0

    def __init__(self, model: str = "") -> None:
        found = wanted_model(model)
        if found is None:
            raise AppError("engine_failed", "The Whisper model is not installed; run `manage.py fetch_models`.")
        self.model = found.name
        self.languages = languages_of(found.path)
        self.can_translate = len(self.languages) > 1
        self.batch_size = int(settings.CONFIG.whisper_batch_size)
        self._path = found.path

    def transcribe(self, samples: NDArray[np.float32], *, language: str, task: str, hotwords: str) -> Heard:
        language = checked_language(self, language, task)
        wishes = {"language": language or None, "task": task, "hotwords": hotwords or None}
        heard, repeats = self._hear(samples, FIRST_TRY, wishes)
        if repeats:
            heard, _ = self._hear(samples, SECOND_TRY, wishes)
        return heard

    def transcribe_many(
        self, pieces: Sequence[NDArray[np.float32]], *, language: str, task: str, hotwords: str
    ) -> list[Heard]:
        if self.batch_size == 1 or len(pieces) == 1:
            return [self.transcribe(piece, language=language, task=task, hotwords=hotwords) for piece in pieces]
        language = checked_language(self, language, task)
        wishes = {"language": language or None, "task": task, "hotwords": hotwords or None}
        return [
            self._hear(piece, SECOND_TRY, wishes)[0] if repeats else heard
            for piece, (heard, repeats) in zip(pieces, self._hear_batch(pieces, wishes), strict=True)
        ]

    def _hear(
        self, samples: NDArray[np.float32], temperatures: Iterable[float], wishes: dict[str, Any]
    ) -> tuple[Heard, bool]:
        with failures():
            found, info = load_model(self._path).transcribe(
                samples, temperature=list(temperatures), **_CONTEXT_FREE, **wishes
            )
            return _tidy(list(found), 0.0, len(samples) / SAMPLE_RATE, str(info.language))

    def _hear_batch(self, pieces: Sequence[NDArray[np.float32]], wishes: dict[str, Any]) -> list[tuple[Heard, bool]]:
        from faster_whisper import BatchedInferencePipeline

        ends = np.cumsum([len(piece) for piece in pieces]) / SAMPLE_RATE
        bounds = list(pairwise([0.0, *(float(end) for end in ends)]))
        clips = [{"start": start, "end": end} for start, end in bounds]
        with failures():
            found, info = BatchedInferencePipeline(load_model(self._path)).transcribe(
                np.concatenate(list(pieces)),
                clip_timestamps=clips,
                batch_size=self.batch_size,
                temperature=FIRST_TRY[0],
                without_timestamps=False,
                **_CONTEXT_FREE,
                **wishes,
            )
            # `seek` is the start of the clip that a segment comes from, in hundredths of a second.
            by_clip: dict[int, list[Any]] = {int(start * 100): [] for start, _ in bounds}
            for segment in found:
                by_clip[segment.seek].append(segment)
        return [_tidy(by_clip[int(start * 100)], start, end - start, str(info.language)) for start, end in bounds]


def _tidy(found: list[Any], offset: float, duration: float, language: str) -> tuple[Heard, bool]:
    """The segments within the piece's time, without loops, and whether there were any.

    Whisper fills its window of 30 seconds with silence and may place words there, beyond the end of the
    piece.
    """
    repeats = any(segment.compression_ratio > TOO_REPETITIVE for segment in found)
    said: list[Word] = []
    segments: list[Segment] = []
    for item in found:
        words = [_word(word, offset, duration) for word in item.words or () if word.start - offset < duration]
        kept = without_loop(said, words)
        said += kept
        repeats = repeats or len(kept) < len(words)
        if kept:
            segments.append(_segment(kept, whole=len(kept) == len(item.words), text=item.text))
    return Heard(tuple(segments), language), repeats


def _word(word: Any, offset: float, duration: float) -> Word:
    start = min(max(float(word.start) - offset, 0.0), duration)
    end = min(max(float(word.end) - offset, start), duration)
    # The leading space stays: it is what tells words apart in languages that write them with spaces.
    return Word(str(word.word), round(start, 3), round(end, 3), round(float(word.probability), 3))


def _segment(words: list[Word], *, whole: bool, text: str) -> Segment:
    said = (text if whole else "".join(word.text for word in words)).strip()
    confidence = sum(word.probability for word in words) / len(words)
    return Segment(said, words[0].start, max(word.end for word in words), round(confidence, 3), tuple(words))
