"""Live transcription by faster-whisper: the sound since the last finished piece is heard again and again, until its
words are settled.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE
from backend.engines.audio import as_float
from backend.engines.installed import languages_of, wanted_model
from backend.engines.listening import Final as FinalPiece
from backend.engines.listening import Listener, LiveWord, Output, Partial, Resume, SpeechEnded, SpeechStarted
from backend.engines.listening.gate import Change, Tick
from backend.engines.listening.sentences import finished
from backend.engines.listening.stabiliser import Stabiliser
from backend.engines.listening.utterance import Utterance, seconds
from backend.engines.voice import WINDOW
from backend.engines.whisper_model import checked_language, failures, load_model

DEFAULT_STEP_S: Final = 0.5
# Less sound than this holds no word.
SHORTEST_S: Final = 0.3
# What lasts so long without an end is finished by force: the model hears 30 seconds at most.
LONGEST_S: Final = 25.0
# Finished text helps with what follows it, but leads astray after a long pause.
PROMPT_PAUSE_S: Final = 3.0
PROMPT_LENGTH: Final = 200
# Measured against 1: the same text in the end, but fewer words that change on the way, for little more time.
BEAM_SIZE: Final = 5
# A language that was guessed from less than this may still change.
ENOUGH_FOR_LANGUAGE_S: Final = 2.0
NO_SPEECH: Final = 0.9
# Passes are left out when they take more than this share of the sound between them, but not over a longer time than
# this.
BUSY: Final = 0.8
LONGEST_LEAP_S: Final = 8.0
_SMOOTHING: Final = 0.3


class LiveWhisper:
    """`model` is a name or directory; "" is the one that the settings ask for. Raises `AppError("engine_failed")`
    where the model is not on this machine.
    """

    name = "faster-whisper"
    can_use_hotwords = True

    def __init__(self, model: str = "") -> None:
        found = wanted_model(model)
        if found is None:
            raise AppError("engine_failed", "The Whisper model is not installed; run `manage.py fetch_models`.")
        self.model = found.name
        self.languages = languages_of(found.path)
        self.can_translate = len(self.languages) > 1
        self._path = found.path

    def listen(self, *, language: str, task: str, hotwords: str, resume: Resume | None = None) -> Listener:
        language = checked_language(self, language, task)
        step_s = float(getattr(settings.CONFIG, "live_step_s", DEFAULT_STEP_S))
        return WhisperListener(_Passes(self._path, language, task, hotwords), resume or Resume(), step_s)


class WhisperListener:
    """Passes take place at the same positions of a recording however its sound arrives: `step_s` apart, and at once in
    a pause.
    """

    def __init__(
        self, passes: "_Passes", resume: Resume, step_s: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._passes = passes
        self._utterance = Utterance(resume)
        self._text = Stabiliser(resume.settled, resume.said_until, resume.before)
        self._before = resume.before
        self._shown: tuple[LiveWord, ...] = ()
        self._heard = self._utterance.start
        self._received = self._utterance.start
        self._pace = _Pace(step_s, clock)

    @property
    def language(self) -> str:
        return self._passes.language

    @property
    def passes(self) -> int:
        """How many times some sound was heard."""
        return self._pace.passes

    @property
    def processed_s(self) -> float:
        return seconds(self._heard if self._utterance.speaking else self._utterance.end)

    @property
    def resume(self) -> Resume:
        return Resume(self._utterance.resume_sample, self._text.settled, self._text.said_until, self._before)

    def feed(self, samples: NDArray[np.int16]) -> Iterator[Output]:
        self._received = self._utterance.received + len(samples)
        for tick in self._utterance.feed(samples):
            yield from self._follow(tick)

    def finalize(self) -> Iterator[Output]:
        self._received = self._utterance.received
        if not self._utterance.speaking:
            return
        if self._heard < self._received:
            self._hear(self._utterance.whole_sound(), pause=True)
        yield from self._end(self._received)

    def _follow(self, tick: Tick) -> Iterator[Output]:
        if tick.change is Change.STARTED:
            self._heard = self._utterance.start
            yield SpeechStarted(seconds(tick.at))
        if tick.change is Change.ENDED:
            if self._heard < tick.at:
                self._hear(self._utterance.sound(), pause=True)
            yield from self._end(tick.at)
        elif tick.change is Change.PAUSED or (tick.speaking and not tick.quiet and self._is_due(tick.end)):
            yield from self._step(pause=tick.change is Change.PAUSED)

    def _is_due(self, end: int) -> bool:
        kept_s = seconds(end - self._utterance.start)
        if kept_s < SHORTEST_S or not self._pace.is_position(end):
            return False
        return kept_s > LONGEST_S or not self._pace.may_leap(seconds(end - self._heard), seconds(self._received - end))

    def _step(self, *, pause: bool) -> Iterator[Output]:
        self._hear(self._utterance.sound(), pause=pause)
        if seconds(self._utterance.end - self._utterance.start) > LONGEST_S:
            yield from self._give_up_waiting()
        yield from self._pieces()
        words = self._text.settled + self._text.pending
        if words != self._shown:
            self._shown = words
            yield Partial(words)

    def _end(self, at: int) -> Iterator[Output]:
        yield SpeechEnded(seconds(at))
        self._utterance.end_speech()
        yield from self._everything()

    def _give_up_waiting(self) -> Iterator[Output]:
        yield from self._everything()
        self._utterance.cut(seconds(self._utterance.end) - 1.0)

    def _everything(self) -> Iterator[Output]:
        self._text.finish()
        yield from self._pieces(to_the_end=True)
        if self._shown:
            self._shown = ()
            yield Partial(())

    def _pieces(self, *, to_the_end: bool = False) -> Iterator[Output]:
        while count := finished(self._text.settled) or (len(self._text.settled) if to_the_end else 0):
            piece = self._text.take(count)
            following = [*self._text.settled, *self._text.pending][:1]
            self._utterance.cut((piece[-1].end + following[0].start) / 2 if following else piece[-1].end)
            self._before = _end_of(self._before + "".join(word.text for word in piece))
            self._shown = ()
            yield FinalPiece(piece)

    def _hear(self, sound: NDArray[np.int16], *, pause: bool) -> None:
        start = seconds(self._utterance.start)
        until = start + seconds(len(sound))
        self._heard = self._utterance.start + len(sound)
        with self._pace:
            prompt = self._before if start - self._text.said_until < PROMPT_PAUSE_S else ""
            words = self._passes.hear(sound, start, prompt)
            if not self._text.hear(words, until=until, pause=pause) and prompt:
                # What went round in circles may have done so because of the text that it was to go on from.
                self._before = ""
                self._text.hear(self._passes.hear(sound, start, ""), until=until, pause=pause)


@dataclass(slots=True)
class _Passes:
    """Hears a piece of sound with the wishes of one recording. `language` "" becomes the one that is heard first."""

    path: Path
    language: str
    task: str
    hotwords: str

    def hear(self, sound: NDArray[np.int16], start: float, prompt: str) -> list[LiveWord]:
        """The words, with times from the start of the recording; the sound begins at `start`."""
        with failures():
            found, info = load_model(self.path).transcribe(
                as_float(sound),
                language=self.language or None,
                task=self.task,
                hotwords=self.hotwords or None,
                initial_prompt=prompt or None,
                temperature=[0.0],
                beam_size=BEAM_SIZE,
                word_timestamps=True,
            )
            segments = [segment for segment in found if segment.no_speech_prob <= NO_SPEECH]
        if not self.language and segments and len(sound) >= ENOUGH_FOR_LANGUAGE_S * SAMPLE_RATE:
            self.language = str(info.language)
        return [_word(word, start) for segment in segments for word in segment.words or ()]


class _Pace:
    """When passes are due, and how much of the time they take."""

    def __init__(self, step_s: float, clock: Callable[[], float]) -> None:
        self._step_s = step_s
        self._step = int(step_s * SAMPLE_RATE)
        self._clock = clock
        self._began = 0.0
        self.passes = 0
        self._pass_s: float | None = None

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, *_: object) -> None:
        self.passes += 1
        took = self._clock() - self._began
        self._pass_s = took if self._pass_s is None else (1 - _SMOOTHING) * self._pass_s + _SMOOTHING * took

    def is_position(self, end: int) -> bool:
        """Whether the window that ends here is the last whole one before a multiple of the step."""
        return (end + WINDOW - 1) // self._step > (end - 1) // self._step

    def may_leap(self, unheard_s: float, waiting_s: float) -> bool:
        """Whether a pass is left out because the next one will hear the same sound, and the machine is too slow."""
        is_slow = self._pass_s is not None and self._pass_s > BUSY * self._step_s
        return is_slow and waiting_s >= self._step_s and unheard_s < LONGEST_LEAP_S


def _word(word: Any, start: float) -> LiveWord:
    return LiveWord(
        str(word.word),
        round(start + float(word.start), 3),
        round(start + float(word.end), 3),
        round(float(word.probability), 3),
        settled=False,
    )


def _end_of(text: str) -> str:
    return text if len(text) <= PROMPT_LENGTH else text[-PROMPT_LENGTH:].partition(" ")[2]
