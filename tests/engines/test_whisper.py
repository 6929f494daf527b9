"""faster-whisper for real, with the tiny Whisper of the fixtures."""

import shutil

import numpy as np
import pytest
from faster_whisper.utils import _MODELS

from backend.core.errors import AppError
from backend.engines import Word, audio, choosing, installed, voice, whisper
from backend.engines.chunks import cut
from tests.fixtures import media

PLAIN = {"language": "", "task": "transcribe", "hotwords": ""}


@pytest.fixture
def engine(tiny_whisper):
    return choosing.choose_transcriber().engine


def starts(heard) -> list[float]:
    return [word.start for one in heard for segment in one.segments for word in segment.words]


def pieces(name: str) -> list[np.ndarray]:
    """A recording in the chunks that the work would cut."""
    samples = media.samples_of(media.RECORDINGS / name)
    likely = voice.probabilities(samples)
    spans = voice.speech(likely, len(samples))
    found = cut(spans, likely, longest=8 * media.RATE, silence=3 * media.RATE, window=voice.WINDOW)
    return [audio.as_float(samples[span.start : span.end]) for span in found]


@pytest.mark.parametrize("name", sorted(media.transcripts()))
def test_a_recording_is_heard_exactly(engine, name):
    heard = [engine.transcribe(piece, **PLAIN) for piece in pieces(name)]

    assert " ".join(one.text for one in heard) == media.text_of(name)


def test_words_have_times_within_the_piece_and_probabilities(engine):
    piece = pieces("05_three_sentences_m1.flac")[0]

    words = [word for segment in engine.transcribe(piece, **PLAIN).segments for word in segment.words]

    assert words
    assert all(0 <= word.start <= word.end <= len(piece) / media.RATE for word in words)
    assert all(0 < word.probability <= 1 for word in words)
    assert all(isinstance(word.start, float) for word in words)


def test_several_pieces_in_one_call_give_what_each_gives_alone(engine, configure):
    alone = [engine.transcribe(piece, **PLAIN) for piece in pieces("08_two_voices.flac")]
    configure(whisper_batch_size=4)
    batching = choosing.choose_transcriber().engine

    together = batching.transcribe_many(pieces("08_two_voices.flac"), **PLAIN)

    assert [one.text for one in together] == [one.text for one in alone]
    assert starts(together) == pytest.approx(starts(alone), abs=0.1)


def test_an_english_only_model_says_so(engine):
    assert engine.languages == ("en",)
    assert not engine.can_translate
    assert engine.transcribe(pieces("01_short_us.wav")[0], **PLAIN).language == "en"


@pytest.mark.parametrize("wish", [{"task": "translate"}, {"language": "fr"}])
def test_what_the_model_cannot_do_is_refused(engine, wish):
    with pytest.raises(AppError) as error:
        engine.transcribe(np.zeros(16000, np.float32), **{**PLAIN, **wish})

    assert error.value.code == "unsupported_option"


def test_silence_and_noise_give_no_text(engine):
    noise = np.random.default_rng(1).normal(0, 0.05, 32000).astype(np.float32)

    assert engine.transcribe(np.zeros(32000, np.float32), **PLAIN).text == ""
    assert engine.transcribe(noise, **PLAIN).text == ""


def test_words_behind_the_end_are_dropped_and_others_end_with_it():
    class Found:
        text, compression_ratio = " one two three", 1.0
        words = [
            type("W", (), {"word": f" {text}", "start": start, "end": end, "probability": 0.9})
            for text, start, end in (("one", 0.0, 0.5), ("two", 0.6, 9.0), ("three", 27.9, 29.9))
        ]

    heard, repeats = whisper._tidy([Found], 0.0, 2.0, "en")

    assert heard.text == "one two"
    assert heard.segments[0].end == 2.0
    assert not repeats


def test_a_phrase_that_goes_round_in_circles_is_cut_off():
    words = [Word(f" {text}", 0.0, 0.1, 1.0) for text in ["so", *["thank", "you"] * 20]]

    kept = [word.text.strip() for word in whisper.without_loop([], words)]

    assert kept == ["so", *["thank", "you"] * 3, "thank"]


def test_a_number_said_digit_by_digit_is_no_loop():
    words = [Word(text, 0.0, 0.1, 1.0) for text in ["zero"] * 9]

    assert len(whisper.without_loop([], words)) == 9


def test_a_broken_model_is_an_error_with_a_code(configure, tmp_path):
    shutil.copytree(media.MODEL, tmp_path / "broken")
    (tmp_path / "broken" / "model.bin").write_bytes(b"not a model")
    configure(whisper_model=str(tmp_path / "broken"))

    with pytest.raises(AppError) as error:
        choosing.choose_transcriber().engine.transcribe(np.zeros(16000, np.float32), **PLAIN)

    assert error.value.code == "engine_failed"


def test_every_name_that_faster_whisper_knows_leads_to_its_repository():
    assert installed.REPOSITORIES == _MODELS
