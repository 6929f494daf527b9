"""`python -m bench.harness.bare_listening [STEP_S ...]`: how good and how fast live listening is, engine alone.

The tiny Whisper of the tests hears its twelve recordings, with no server around it. Each is heard twice: with the
computation left out, where the clock is the sound that was fed, and with it counted, where the sound arrives in real
time and a pass delays what follows it. `measure` is for any listener and any recordings. The last line is a JSON
object: for each step the figures `left_out` and `counted`.
"""

import json
import os
import string
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.engines.listening import Final as Piece
from backend.engines.listening import Listener, Output, Partial

RATE: Final = 16_000
FEED_S: Final = 0.1
STEPS_S: Final = (0.5, 1.0)
REPOSITORY: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Recording:
    """16 kHz mono sound, and what is said in it: each word with its true start and end in seconds."""

    samples: NDArray[np.int16]
    words: tuple[tuple[str, float, float], ...]


@dataclass(slots=True)
class Reading:
    """What somebody sees who reads along."""

    said: list[tuple[str, float]] = field(default_factory=list)  # settled words, and when they settled
    shown: int = 0
    changed: int = 0
    broken: int = 0  # settled words that changed: there must be none
    first_shown_at: float | None = None
    _finished: int = 0
    _open: list[str] = field(default_factory=list)

    def take(self, output: Output, at: float) -> None:
        if not isinstance(output, Partial | Piece):
            return
        if output.words and self.first_shown_at is None:
            self.first_shown_at = at
        self._settle([word.text for word in output.words if word.settled], at)
        self._compare([_plain(word.text) for word in output.words], all_of_it=isinstance(output, Partial))
        if isinstance(output, Piece):
            self._finished += len(output.words)
            self._open = self._open[len(output.words) :]

    def _settle(self, words: list[str], at: float) -> None:
        known = [word for word, _ in self.said[self._finished :]]
        self.broken += sum(1 for old, new in zip(known, words, strict=False) if old != new)
        self.said += [(word, at) for word in words[len(known) :]]

    def _compare(self, words: list[str], *, all_of_it: bool) -> None:
        same = sum(1 for old, new in zip(self._open, words, strict=False) if old == new)
        old = len(self._open) if all_of_it else min(len(self._open), len(words))
        self.changed += old - same
        self.shown += len(words) - same
        self._open = words if all_of_it else words + self._open[len(words) :]


@dataclass(slots=True)
class Tally:
    """The figures of several recordings, pooled."""

    errors: int = 0
    words: int = 0
    latencies: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    shown: int = 0
    changed: int = 0
    broken: int = 0
    passes: int = 0
    computing_s: float = 0.0
    sound_s: float = 0.0

    def add(self, recording: Recording, reading: Reading) -> None:
        import jiwer

        said = [(_plain(word), at) for word, at in reading.said if _plain(word)]
        found = jiwer.process_words(
            " ".join(_plain(word) for word, _, _ in recording.words), " ".join(word for word, _ in said)
        )
        self.errors += found.substitutions + found.deletions + found.insertions
        self.words += len(recording.words)
        for chunk in found.alignments[0]:
            for offset in range(chunk.ref_end_idx - chunk.ref_start_idx if chunk.type == "equal" else 0):
                end = recording.words[chunk.ref_start_idx + offset][2]
                self.latencies.append(said[chunk.hyp_start_idx + offset][1] - end)
        if reading.first_shown_at is not None:
            self.first.append(reading.first_shown_at - recording.words[0][1])
        self.shown, self.changed = self.shown + reading.shown, self.changed + reading.changed
        self.broken += reading.broken
        self.sound_s += len(recording.samples) / RATE

    def figures(self) -> dict[str, float]:
        return {
            "wer": self.errors / self.words,
            "commit_mean_s": fmean(self.latencies),
            "commit_p95_s": float(np.percentile(self.latencies, 95)),
            "first_partial_s": fmean(self.first),
            "churn": self.changed / self.shown,
            "broken": self.broken,
            "passes": self.passes,
            "real_time_factor": self.computing_s / self.sound_s,
        }


def measure(
    listener_factory: Callable[[], Listener], recordings: Sequence[Recording], feed_s: float = FEED_S
) -> dict[str, dict[str, float]]:
    """The figures with computation `left_out` and `counted`; the sound arrives in pieces of `feed_s`.

    Latency of a word: from its true end to the moment when it settled; of the first partial: from the true start of
    the first word to the first text. Churn is the share of shown words that changed or vanished. Words are compared
    in lower case without punctuation.
    """
    answers = {}
    for name, hear in (("left_out", _by_sound), ("counted", _in_real_time)):
        tally = Tally()
        for recording in recordings:
            listener, reading = listener_factory(), Reading()
            began = time.perf_counter()
            for output, at in hear(listener, recording.samples, feed_s):
                reading.take(output, at)
            tally.computing_s += time.perf_counter() - began
            tally.passes += getattr(listener, "passes", 0)
            tally.add(recording, reading)
        answers[name] = tally.figures()
    return answers


def _by_sound(listener: Listener, samples: NDArray[np.int16], feed_s: float) -> Iterator[tuple[Output, float]]:
    size = int(feed_s * RATE)
    for start in range(0, len(samples), size):
        fed = min(start + size, len(samples)) / RATE
        yield from ((output, fed) for output in listener.feed(samples[start : start + size]))
    yield from ((output, len(samples) / RATE) for output in listener.finalize())


def _in_real_time(listener: Listener, samples: NDArray[np.int16], feed_s: float) -> Iterator[tuple[Output, float]]:
    """The time is simulated: that of the sound, or that at which the listener is free again where it is later."""
    size = int(feed_s * RATE)
    fed, now = 0, 0.0
    while fed < len(samples):
        now = max(now, min(fed + size, len(samples)) / RATE)
        arrived = len(samples) if now >= len(samples) / RATE else int(now * RATE) // size * size
        now = yield from _timed(listener.feed(samples[fed:arrived]), now)
        fed = arrived
    yield from _timed(listener.finalize(), now)


def _timed(outputs: Iterator[Output], now: float) -> Iterator[tuple[Output, float]]:
    """The outputs with the time at which each was there; returns that at which all were."""
    began = time.perf_counter()
    for output in outputs:
        yield output, now + time.perf_counter() - began
    return now + time.perf_counter() - began


def _plain(word: str) -> str:
    return word.strip().lower().strip(string.punctuation)


def tiny_recordings() -> list[Recording]:
    from tests.fixtures import media

    return [
        Recording(
            media.samples_of(media.RECORDINGS / name),
            tuple((word["word"], word["start"], word["end"]) for word in facts["words"]),
        )
        for name, facts in sorted(media.transcripts().items())
    ]


def main() -> None:
    import django
    from django.conf import settings

    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "STENTOR_HOME": home,
            "WHISPER_MODEL": str(REPOSITORY / "tests" / "fixtures" / "tiny-whisper" / "model"),
            "WHISPER_THREADS": "1",
        }
        django.setup()
        from backend.engines.listening.whisper import LiveWhisper

        recordings, found = tiny_recordings(), {}
        for step_s in [float(argument) for argument in sys.argv[1:]] or STEPS_S:
            settings.CONFIG = settings.CONFIG.model_copy(update={"live_step_s": step_s})
            engine = LiveWhisper()
            wishes: dict[str, Any] = {"language": "en", "task": "transcribe", "hotwords": ""}
            found[f"{step_s:g}"] = measure(lambda: engine.listen(**wishes), recordings)  # noqa: B023
            for how, figures in found[f"{step_s:g}"].items():
                row = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
                print(f"step {step_s:g} s, computation {how:8}: {row}", flush=True)
        print(json.dumps(found))


if __name__ == "__main__":
    main()
