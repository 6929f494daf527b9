"""Transcription by pocketsphinx: the embedded engine. It comes with its English model, works offline on any
machine, and is an honest fallback for clear English; it is far from Whisper's quality.
"""

import re
import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE, Heard, Segment, Word

FRAMES_PER_SECOND: Final = 100
_NOISE_FLOOR: Final = 1e-4
_SILENCE: Final = re.compile(r"<.*>|\[.*\]|\+\+.*\+\+")
_VARIANT: Final = re.compile(r"\(\d+\)$")


class SphinxTranscriber:
    """Takes whole pieces: its decoder hears better when it may look at all of a piece before it begins."""

    name = "pocketsphinx"
    languages = ("en",)
    can_translate = False
    can_use_hotwords = False
    batch_size = 1
    # Its decoder holds Python's global lock: while it works on a piece nothing else does, not even the thread that
    # keeps the job's lease.
    longest_s = 10.0

    def __init__(self, model: str = "") -> None:
        self.model = model or "en-us"
        self._lock = threading.Lock()
        self._decoder: Any = None
        self._mean = ""

    def transcribe(self, samples: NDArray[np.float32], *, language: str, task: str, hotwords: str) -> Heard:
        """`hotwords` are not known to this engine and change nothing."""
        check_wishes(language, task)
        duration = len(samples) / SAMPLE_RATE
        if not np.any(np.abs(samples) > _NOISE_FLOOR):
            return Heard((), "en")  # the decoder would take pure silence for a word
        pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
        with self._lock:
            words = self._decode(pcm)
        spoken = [word for word in words if word.start < duration]
        return Heard((_segment(spoken, duration),) if spoken else (), "en")

    def transcribe_many(
        self, pieces: Sequence[NDArray[np.float32]], *, language: str, task: str, hotwords: str
    ) -> list[Heard]:
        return [self.transcribe(piece, language=language, task=task, hotwords=hotwords) for piece in pieces]

    def _decode(self, pcm: bytes) -> list[Word]:
        decoder = self._ready()
        try:
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
        except RuntimeError as error:
            raise AppError("engine_failed", f"pocketsphinx failed: {error}") from error
        return words_of(decoder)

    def _ready(self) -> Any:
        """The decoder as new: what it learnt of a voice would change what it hears in the next piece."""
        if self._decoder is None:
            from pocketsphinx import Decoder

            self._decoder = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL")
            self._mean = self._decoder.get_cmn(False)
        self._decoder.reinit_feat()
        self._decoder.set_cmn(self._mean)
        return self._decoder


def check_wishes(language: str, task: str) -> None:
    """Raises `AppError("unsupported_option")` for what this engine cannot do."""
    if task == "translate":
        raise AppError("unsupported_option", "pocketsphinx cannot translate.")
    if language not in ("", "en"):
        raise AppError("unsupported_option", f"pocketsphinx knows English only, not {language!r}.")


def words_of(decoder: Any) -> list[Word]:
    """What a decoder has heard in its utterance so far, times from its start."""
    return [_word(item) for item in decoder.seg() or () if not _SILENCE.fullmatch(item.word)]


def _word(item: Any) -> Word:
    text = _VARIANT.sub("", item.word)
    start, end = item.start_frame / FRAMES_PER_SECOND, (item.end_frame + 1) / FRAMES_PER_SECOND
    return Word(f" {text}", start, end, round(min(1.0, max(0.0, float(item.prob))), 3))


def _segment(words: list[Word], duration: float) -> Segment:
    kept = tuple(Word(word.text, word.start, round(min(word.end, duration), 3), word.probability) for word in words)
    confidence = sum(word.probability for word in kept) / len(kept)
    return Segment("".join(word.text for word in kept).strip(), kept[0].start, kept[-1].end, round(confidence, 3), kept)
