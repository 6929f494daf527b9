"""The embedded engine for real."""

import numpy as np
import pytest

from backend.core.errors import AppError
from backend.engines import audio
from backend.engines.sphinx import SphinxTranscriber
from tests.fixtures import media
from tests.needs import needs

pytestmark = needs("flite")

PLAIN = {"language": "", "task": "transcribe", "hotwords": ""}


@pytest.fixture(scope="module")
def engine():
    return SphinxTranscriber()


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    path = media.flite(tmp_path_factory.mktemp("flite") / "speech.wav", "the weather is fine today")
    return audio.as_float(media.samples_of(path))


def test_clear_english_is_understood(engine, speech):
    words = set(engine.transcribe(speech, **PLAIN).text.split())

    assert len(words & {"the", "weather", "is", "fine", "today"}) >= 4


def test_words_have_times_and_probabilities(engine, speech):
    (segment,) = engine.transcribe(speech, **PLAIN).segments

    assert [word.start for word in segment.words] == sorted(word.start for word in segment.words)
    assert all(0 <= word.start < word.end <= len(speech) / media.RATE for word in segment.words)
    assert all(0 <= word.probability <= 1 for word in segment.words)
    assert 0 < segment.confidence <= 1


def test_what_it_hears_does_not_depend_on_what_it_heard_before(engine, speech):
    first = engine.transcribe(speech, **PLAIN)
    engine.transcribe(np.random.default_rng(2).normal(0, 0.2, 48_000).astype(np.float32), **PLAIN)

    assert engine.transcribe(speech, **PLAIN) == first
    assert SphinxTranscriber().transcribe(speech, **PLAIN) == first


def test_silence_gives_no_text(engine):
    assert engine.transcribe(np.zeros(32_000, np.float32), **PLAIN).segments == ()


@pytest.mark.parametrize("wish", [{"task": "translate"}, {"language": "fr"}])
def test_what_it_cannot_do_is_refused(engine, speech, wish):
    with pytest.raises(AppError) as error:
        engine.transcribe(speech, **{**PLAIN, **wish})

    assert error.value.code == "unsupported_option"
