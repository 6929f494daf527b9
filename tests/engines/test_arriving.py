"""Sound that arrives piece by piece: the same samples however it was cut, and a clear error for what is no sound."""

import os

import numpy as np
import pytest
import soxr

from backend.core.errors import AppError
from backend.engines.arriving import decoder_for
from tests.fixtures import media

SPOKEN = media.RECORDINGS / "01_short_us.wav"


def fed(encoding: str, rate: int, data: bytes, size: int) -> np.ndarray:
    decoder = decoder_for(encoding, rate)
    pieces = [decoder.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return np.concatenate([*pieces, decoder.close()])


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return media.samples_of(SPOKEN)


def test_samples_at_the_engines_rate_stay_as_they_are(samples) -> None:
    assert np.array_equal(fed("pcm16", 16_000, samples.astype("<i2").tobytes(), 333), samples)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_other_rates_are_resampled_without_gaining_or_losing_time(samples, rate: int) -> None:
    sent = soxr.resample(samples, 16_000, rate).astype("<i2").tobytes()
    whole = fed("pcm16", rate, sent, len(sent))
    assert abs(len(whole) - len(samples)) <= 2
    assert np.array_equal(fed("pcm16", rate, sent, 1001), whole)


@pytest.mark.parametrize("encoding", ["webm", "ogg"])
def test_an_encoded_stream_gives_the_same_samples_in_whatever_pieces_it_comes(tmp_path, samples, encoding: str) -> None:
    path = tmp_path / f"speech.{encoding}"
    media.encode(path, soxr.resample(samples, 16_000, 48_000), codec="libopus", container=encoding, rate=48_000)
    data = path.read_bytes()
    whole = fed(encoding, 48_000, data, len(data))
    assert len(whole) == pytest.approx(len(samples), abs=800)
    assert np.array_equal(fed(encoding, 48_000, data, 517), whole)


def test_sound_comes_out_of_a_webm_stream_before_it_ends(tmp_path, samples) -> None:
    path = tmp_path / "speech.webm"
    media.encode(path, soxr.resample(samples, 16_000, 48_000), codec="libopus", container="webm", rate=48_000)
    data = path.read_bytes()
    decoder = decoder_for("webm", 48_000)
    assert len(decoder.feed(data[: len(data) // 2])) > len(samples) // 4
    decoder.close()


def test_a_recorder_that_was_started_again_is_followed(tmp_path, samples) -> None:
    path = tmp_path / "speech.webm"
    media.encode(path, soxr.resample(samples, 16_000, 48_000), codec="libopus", container="webm", rate=48_000)
    data = path.read_bytes()
    decoder = decoder_for("webm", 48_000)
    pieces = [decoder.feed(data), decoder.feed(data), decoder.close()]
    assert len(np.concatenate(pieces)) == pytest.approx(2 * len(samples), abs=1600)


@pytest.mark.parametrize("encoding", ["webm", "ogg"])
def test_what_is_no_sound_is_refused(encoding: str) -> None:
    with pytest.raises(AppError) as refused:
        feed_noise(decoder_for(encoding, 48_000))
    assert refused.value.code == "unreadable_audio"


def feed_noise(decoder) -> None:
    for _ in range(3):
        decoder.feed(os.urandom(20_000))
    decoder.close()
