"""Transcription by faster-whisper."""

import os
import threading
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE, Heard, Segment, Word
from backend.engines.installed import languages_of, wanted_model

# The first try is greedy towards the likeliest text; the others are for pieces where that went round in
# circles.
FIRST_TRY: Final = (0.0,)
SECOND_TRY: Final = (0.2, 0.4, 0.6, 0.8)
# Text that compresses better than this repeats itself (the value that Whisper's authors use).
TOO_REPETITIVE: Final = 2.4
MAX_REPEATS: Final = 4
LONGEST_LOOP: Final = 8
# More CPU threads do not help a model of this kind.
USEFUL_THREADS: Final = 4
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
        self._lock = threading.Lock()
        self._loaded: Any = None

    def transcribe(self, samples: NDArray[np.float32], *, language: str, task: str, hotwords: str) -> Heard:
        language = self._check(language, task)
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
        language = self._check(language, task)
        wishes = {"language": language or None, "task": task, "hotwords": hotwords or None}
        return [
            self._hear(piece, SECOND_TRY, wishes)[0] if repeats else heard
            for piece, (heard, repeats) in zip(pieces, self._hear_batch(pieces, wishes), strict=True)
        ]

    def _check(self, language: str, task: str) -> str:
        """The language to ask for. An English-only model hears everything as English and says so."""
        if task == "translate" and not self.can_translate:
            raise AppError("unsupported_option", f"The model {self.model} knows English only and cannot translate.")
        if language and language not in self.languages:
            raise AppError("unsupported_option", f"The model {self.model} does not know the language {language!r}.")
        return language if self.can_translate else "en"

    def _hear(
        self, samples: NDArray[np.float32], temperatures: Iterable[float], wishes: dict[str, Any]
    ) -> tuple[Heard, bool]:
        with _failures():
            found, info = self._load().transcribe(samples, temperature=list(temperatures), **_CONTEXT_FREE, **wishes)
            return _tidy(list(found), 0.0, len(samples) / SAMPLE_RATE, str(info.language))

    def _hear_batch(self, pieces: Sequence[NDArray[np.float32]], wishes: dict[str, Any]) -> list[tuple[Heard, bool]]:
        from faster_whisper import BatchedInferencePipeline

        ends = np.cumsum([len(piece) for piece in pieces]) / SAMPLE_RATE
        bounds = list(pairwise([0.0, *(float(end) for end in ends)]))
        clips = [{"start": start, "end": end} for start, end in bounds]
        with _failures():
            found, info = BatchedInferencePipeline(self._load()).transcribe(
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

    def _load(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._path)
            return self._loaded


class _failures:  # noqa: N801 (used like a function)
    """What CTranslate2 raises becomes an error with a code."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RuntimeError | ValueError):
            raise AppError("engine_failed", f"faster-whisper failed: {error}") from error


def _load(path: os.PathLike[str]) -> Any:
    import ctranslate2
    from faster_whisper import WhisperModel

    config = settings.CONFIG
    device = config.whisper_device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    compute_type = config.whisper_compute_type
    if compute_type == "default" and device == "cpu":
        compute_type = "int8"
    threads = config.whisper_threads or min(USEFUL_THREADS, len(os.sched_getaffinity(0)))
    with _failures():
        return WhisperModel(os.fspath(path), device=device, compute_type=compute_type, cpu_threads=threads)


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


def without_loop(before: Sequence[Word], words: Sequence[Word]) -> list[Word]:
    """The words up to where a phrase is said for the fourth time in a row, counting those `before`."""
    said = [word.text.strip().casefold() for word in before[-LONGEST_LOOP * MAX_REPEATS :]]
    for index, word in enumerate(words):
        said.append(word.text.strip().casefold())
        if any(_repeats(said, size) for size in range(2, LONGEST_LOOP + 1)):
            return list(words[:index])
    return list(words)


def _repeats(said: Sequence[str], size: int) -> bool:
    tail = list(said[-size * MAX_REPEATS :])
    phrase = tail[:size]
    return len(tail) == size * MAX_REPEATS and tail == phrase * MAX_REPEATS and len(set(phrase)) > 1
