"""Live transcription by pocketsphinx: its text while somebody speaks is a first guess, and what was said is heard once
more as a whole when it has ended.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE, Word
from backend.engines.audio import as_float
from backend.engines.chunks import Span, cut
from backend.engines.listening import Final as FinalPiece
from backend.engines.listening import Listener, LiveWord, Output, Partial, Resume, SpeechEnded, SpeechStarted
from backend.engines.listening.gate import Change, Tick
from backend.engines.listening.utterance import Utterance, seconds
from backend.engines.sphinx import SphinxTranscriber, check_wishes, words_of
from backend.engines.voice import WINDOW

# The decoder holds Python's global lock while it works on a piece: 96 ms at a time keep other threads alive.
WINDOWS_AT_ONCE: Final = 3
# The first guess needs to be fast rather than right.
_FAST: Final = {"ds": 2, "maxhmmpf": 3000, "maxwpf": 5, "topn": 2}


class LiveSphinx:
    """Understands clear English, on any machine and without a network."""

    name = "pocketsphinx"
    languages = ("en",)
    can_translate = False
    can_use_hotwords = False

    def __init__(self, model: str = "") -> None:
        self._whole = SphinxTranscriber(model)
        self.model = self._whole.model

    def listen(self, *, language: str, task: str, hotwords: str, resume: Resume | None = None) -> Listener:
        """`hotwords` are not known to this engine and change nothing."""
        check_wishes(language, task)
        return SphinxListener(self._whole, resume or Resume())


class SphinxListener:
    """Every word is unsettled until what was said has ended, or lasts ten seconds; then it is finished at once."""

    language = "en"

    def __init__(self, whole: SphinxTranscriber, resume: Resume) -> None:
        self._whole = whole
        self._utterance = Utterance(resume)
        self._guess = _Guess()
        self._likely: list[float] = []
        self._shown: tuple[LiveWord, ...] = ()
        self._said_until = resume.said_until

    @property
    def processed_s(self) -> float:
        return seconds(self._utterance.end)

    @property
    def resume(self) -> Resume:
        return Resume(self._utterance.resume_sample, (), self._said_until, "")

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Output]:
        for tick in self._utterance.feed(samples):
            yield from self._follow(tick)

    def finalize(self) -> Iterator[Output]:
        if self._utterance.speaking:
            yield from self._end(self._utterance.received, self._utterance.whole_sound())

    def _follow(self, tick: Tick) -> Iterator[Output]:
        if tick.change is Change.ENDED:
            yield from self._end(tick.at, self._utterance.sound())
        elif tick.change is Change.STARTED:
            yield SpeechStarted(seconds(tick.at))
            self._begin(tick.probability)
        elif tick.speaking:
            self._likely.append(tick.probability)
            self._guess.add(tick.samples)
            yield from self._show()
            if seconds(len(self._likely) * WINDOW) > self._whole.longest_s:
                yield from self._divide()

    def _begin(self, probability: float) -> None:
        sound = self._utterance.sound()
        self._likely = [probability] * (len(sound) // WINDOW)
        self._guess.restart(sound)

    def _show(self) -> Iterator[Output]:
        start = seconds(self._utterance.start)
        words = tuple(_live(word, start, settled=False) for word in self._guess.words())
        if [word.text for word in words] != [word.text for word in self._shown]:
            self._shown = words
            yield Partial(words)

    def _end(self, at: int, sound: NDArray[np.int16]) -> Iterator[Output]:
        yield SpeechEnded(seconds(at))
        self._utterance.end_speech()
        yield from self._finish(sound)

    def _divide(self) -> Iterator[Output]:
        """Finish the sound up to the best pause in it: a longer one would hold the lock for too long."""
        length, longest = len(self._likely) * WINDOW, int(self._whole.longest_s * SAMPLE_RATE)
        first = cut([Span(0, length)], self._likely, longest=longest, silence=longest, window=WINDOW)[0]
        windows = max(1, first.end // WINDOW)
        yield from self._finish(self._utterance.sound()[: windows * WINDOW])
        self._likely = self._likely[windows:]
        self._guess.restart(self._utterance.sound())

    def _finish(self, sound: NDArray[np.int16]) -> Iterator[Output]:
        start = seconds(self._utterance.start)
        heard = self._whole.transcribe(as_float(sound), language="en", task="transcribe", hotwords="")
        words = tuple(_live(word, start, settled=True) for segment in heard.segments for word in segment.words)
        was_shown, self._shown = bool(self._shown), ()
        self._utterance.cut(start + seconds(len(sound)))
        if words:
            self._said_until = words[-1].end
            yield FinalPiece(words)
        elif was_shown:
            yield Partial(())


class _Guess:
    """A fast decoder of its own for each recording, so that no voice changes how another one is heard."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._waiting: list[NDArray[np.int16]] = []
        self._is_open = False
        self._words: list[Word] = []

    def restart(self, sound: NDArray[np.int16]) -> None:
        """Begin anew with this sound."""
        if self._decoder is None:
            from pocketsphinx import Decoder

            self._decoder = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", **_FAST)
        if self._is_open:
            self._decoder.end_utt()
        self._decoder.start_utt()
        self._is_open = True
        self._waiting, self._words = [], []
        for start in range(0, len(sound), WINDOW):
            self.add(sound[start : start + WINDOW])

    def add(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(samples)
        if len(self._waiting) == WINDOWS_AT_ONCE:
            pcm, self._waiting = np.concatenate(self._waiting).astype("<i2").tobytes(), []
            try:
                self._decoder.process_raw(pcm)
            except RuntimeError as error:
                raise AppError("engine_failed", f"pocketsphinx failed: {error}") from error
            self._words = words_of(self._decoder)

    def words(self) -> list[Word]:
        return self._words


def _live(word: Word, start: float, *, settled: bool) -> LiveWord:
    word = replace(word, start=round(start + word.start, 3), end=round(start + word.end, 3))
    return LiveWord(word.text, word.start, word.end, word.probability, settled)
