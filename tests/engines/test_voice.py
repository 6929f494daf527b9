"""Voice detection, block by block, against faster-whisper's own in one call."""

import numpy as np
import pytest
from faster_whisper.vad import VadOptions, get_speech_timestamps, get_vad_model

from backend.engines import audio, voice
from tests.fixtures import media

NAMES = sorted(media.transcripts())


@pytest.mark.parametrize("name", NAMES)
def test_the_spans_are_those_of_the_batch_function(name):
    samples = media.samples_of(media.RECORDINGS / name)
    options = VadOptions(min_speech_duration_ms=100, min_silence_duration_ms=160, speech_pad_ms=200)

    spans = voice.speech(voice.probabilities(samples), len(samples))

    wanted = get_speech_timestamps(audio.as_float(samples), options)
    assert [(span.start, span.end) for span in spans] == [(one["start"], one["end"]) for one in wanted]


def test_the_probabilities_do_not_depend_on_the_blocks(monkeypatch):
    samples = media.samples_of(media.RECORDINGS / "09_rp_25s.flac")
    whole = voice.probabilities(samples)
    monkeypatch.setattr(voice, "BLOCK", 7)

    assert np.array_equal(voice.probabilities(samples), whole)


def test_the_probabilities_are_those_of_the_batch_function():
    samples = media.samples_of(media.RECORDINGS / "09_rp_25s.flac")
    padded = np.pad(audio.as_float(samples), (0, -len(samples) % voice.WINDOW))

    found = np.array(voice.probabilities(samples))

    # The batch function blanks the end of the very last window.
    assert np.array_equal(found[:-1], get_vad_model()(padded).reshape(-1)[:-1])


@pytest.mark.parametrize("samples", [np.zeros(0, np.int16), np.zeros(100, np.int16), np.zeros(48_000, np.int16)])
def test_silence_holds_no_speech(samples):
    assert voice.speech(voice.probabilities(samples), len(samples)) == []


def test_progress_rises_to_one(monkeypatch):
    monkeypatch.setattr(voice, "BLOCK", 20)
    shares: list[float] = []

    voice.probabilities(np.zeros(100_000, np.int16), shares.append)

    assert shares == sorted(shares)
    assert shares[-1] == 1.0
