"""Noticing speech while the sound arrives."""

import itertools

import numpy as np
import pytest

from backend.engines import voice
from backend.engines.listening.gate import END_SILENCE, Change, Gate
from tests.fixtures import media

NAMES = sorted(media.transcripts())
NOISE = np.random.default_rng(3)


def sound_of(name: str) -> np.ndarray:
    return media.samples_of(media.RECORDINGS / name)


def ticks(gate: Gate, samples: np.ndarray, size: int = 1600) -> list:
    return [tick for start in range(0, len(samples), size) for tick in gate.feed(samples[start : start + size])]


def changes(found) -> list[tuple[Change, int]]:
    return [(tick.change, tick.at) for tick in found if tick.change is not Change.NONE]


@pytest.mark.parametrize("name", NAMES)
def test_the_judgement_is_that_of_the_batch_function(name):
    samples = sound_of(name)

    found = [tick.probability for tick in ticks(Gate(), samples, 333)]

    assert found == list(voice.probabilities(samples))[: len(found)]


@pytest.mark.parametrize("name", NAMES)
def test_speech_begins_and_ends_where_the_batch_function_says(name):
    samples = np.pad(sound_of(name), (0, 2 * media.RATE))
    # The batch function counts the silence up to the beginning of a window, the gate up to its end.
    rule = voice.Hysteresis(min_silence=END_SILENCE - voice.WINDOW, pad=0)

    found = changes(ticks(Gate(), samples))

    wanted = voice.speech(voice.probabilities(samples), len(samples), rule)
    assert [at for change, at in found if change is Change.STARTED] == [span.start for span in wanted]
    assert [at for change, at in found if change is Change.ENDED] == [span.end for span in wanted]


@pytest.mark.parametrize("size", [1, 511, 512, 16_000, 10**6])
def test_the_changes_do_not_depend_on_how_the_sound_arrives(size):
    samples = sound_of("07_silence_middle.flac")[: 4 * media.RATE]

    assert changes(ticks(Gate(), samples, size)) == changes(ticks(Gate(), samples, 480))


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(5 * media.RATE, np.int16),
        NOISE.normal(0, 500, 5 * media.RATE).astype(np.int16),
        NOISE.normal(0, 5000, 5 * media.RATE).astype(np.int16),
        np.concatenate([media.tone(0.5, frequency) for frequency in (262, 330, 392, 523) * 3]),
        sum(media.tone(5, frequency) // 4 for frequency in (262, 330, 392)),
    ],
    ids=["silence", "noise", "loud noise", "melody", "chord"],
)
def test_what_is_no_speech_starts_nothing(samples):
    assert changes(ticks(Gate(), samples)) == []


def test_a_pause_is_noticed_once_and_before_the_end():
    samples = np.pad(sound_of("01_short_us.wav"), (0, media.RATE))

    kinds = [change for change, _ in changes(ticks(Gate(), samples))]

    assert kinds == [Change.STARTED, Change.PAUSED, Change.ENDED]


def test_a_window_is_quiet_from_the_moment_the_voice_falls_silent():
    samples = np.pad(sound_of("01_short_us.wav"), (0, media.RATE))

    found = ticks(Gate(), samples)

    ended = next(tick for tick in found if tick.change is Change.ENDED)
    quiet = [tick.end for tick in found if tick.quiet and tick.end > ended.at]
    assert quiet[0] == ended.at + voice.WINDOW


def test_speech_that_is_ended_by_hand_begins_anew_where_the_voice_goes_on():
    samples = sound_of("09_rp_25s.flac")
    gate = Gate()
    ticks(gate, samples[:24_000])
    gate.end_speech()

    found = changes(ticks(gate, samples[24_000:32_000]))

    assert found[0] == (Change.STARTED, 24_000 // voice.WINDOW * voice.WINDOW)


def test_what_lies_before_is_only_listened_to():
    samples = sound_of("09_rp_25s.flac")
    start = 20 * voice.WINDOW

    found = changes(ticks(Gate(0, start), samples[: 4 * media.RATE]))

    assert found[0] == (Change.STARTED, start)


def test_hours_take_no_more_memory_than_seconds():
    gate = Gate()
    sizes = {len(gate.rest) for _ in range(200) for _ in gate.feed(np.zeros(1000, np.int16))}

    assert max(sizes) < voice.WINDOW


def test_two_gates_do_not_disturb_each_other():
    samples = sound_of("08_two_voices.flac")
    alone = changes(ticks(Gate(), samples))
    one, other = Gate(), Gate()

    found = []
    for part, noise in itertools.zip_longest(np.array_split(samples, 40), np.array_split(samples[::-1], 40)):
        found += one.feed(part)
        list(other.feed(noise))

    assert changes(found) == alone
