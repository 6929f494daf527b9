"""The embedded diarizer for real: on conversations whose turns are known exactly."""

import subprocess
import sys
from itertools import combinations

import librosa
import numpy as np
import pytest

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE
from backend.engines.audio import as_float
from backend.engines.diarizing import Speakers, clustering
from backend.engines.diarizing.embedded import EmbeddedDiarizer
from backend.engines.diarizing.voice_print import VoiceEncoder
from tests.fixtures import dialogues, media
from tests.needs import needs

# A quarter of a second around each boundary does not count, on either side.
COLLAR = 0.5
MOST_ERRORS = 0.10
speech = pytest.mark.skipif(not media.SHARED_AUDIO.is_dir(), reason="the recordings of several speakers are not here")


@pytest.fixture(scope="module")
def engine():
    return EmbeddedDiarizer()


@pytest.fixture(scope="module")
def two_people():
    return dialogues.conversation(_people(2, clips=2), seed=4, gap=(0.2, 0.8))


def diarized(engine, samples, **speakers):
    return engine.diarize(samples, speakers=Speakers(**speakers), report=lambda _: None)


def voices(found) -> set[str]:
    return {turn.speaker for turn in found.turns}


@speech
@pytest.mark.parametrize("people", [2, 3, 4, 5])
def test_the_speakers_of_a_conversation_are_found_and_told_apart(engine, people):
    dialogue = dialogues.conversation(_people(people, clips=3), seed=people, gap=(0.2, 0.8))

    found = diarized(engine, dialogue.samples)

    assert len(voices(found)) == people
    assert dialogues.error_rate(dialogue.turns, found.turns, collar=COLLAR) <= MOST_ERRORS


@speech
def test_every_pair_of_people_is_told_apart(engine):
    """Pooled: the level of the sound tells pauses less surely in one of the five voices, which has a noisy room, so
    that a pair with it may lie beyond the limit although nobody is taken for the other.
    """
    results = []
    for pair in combinations(_people(5, clips=3).items(), 2):
        dialogue = dialogues.conversation(dict(pair), seed=2, gap=(0.2, 0.8))
        found = diarized(engine, dialogue.samples)
        assert len(voices(found)) == 2
        results.append((dialogue.turns, found.turns))

    assert dialogues.pooled_error_rate(results, collar=COLLAR) <= MOST_ERRORS


@speech
@pytest.mark.parametrize("gap", [(0.1, 0.5), (0.0, 0.0)], ids=["pauses", "no pauses"])
def test_short_turns_are_told_apart(engine, gap):
    dialogue = dialogues.conversation(dialogues.shortened(_people(3, clips=2)), seed=1, gap=gap)

    found = diarized(engine, dialogue.samples)

    assert len(voices(found)) == 3
    assert dialogues.error_rate(dialogue.turns, found.turns, collar=COLLAR) <= MOST_ERRORS


@needs("flite")
@pytest.mark.parametrize("pair", [("slt", "rms"), ("slt", "kal16"), ("awb", "kal16")])
def test_synthetic_voices_are_told_apart(engine, tmp_path, pair):
    dialogue = dialogues.conversation(dialogues.flite_clips(tmp_path, pair), gap=(0.2, 0.6))

    found = diarized(engine, dialogue.samples)

    assert len(voices(found)) == 2
    assert dialogues.error_rate(dialogue.turns, found.turns, collar=COLLAR) <= MOST_ERRORS


@speech
def test_one_person_is_one_speaker(engine):
    dialogue = dialogues.conversation(_people(1, clips=4), gap=(0.2, 0.8))

    assert voices(diarized(engine, dialogue.samples)) == {"S1"}


@speech
@pytest.mark.parametrize(
    ("wish", "number"), [({"exact": 1}, 1), ({"exact": 3}, 3), ({"least": 3}, 3), ({"most": 1}, 1), ({"most": 5}, 2)]
)
def test_the_number_of_speakers_that_is_told_is_kept(engine, two_people, wish, number):
    assert len(voices(diarized(engine, two_people.samples, **wish))) == number


@speech
def test_turns_are_in_order_and_do_not_overlap(engine, two_people):
    found = diarized(engine, two_people.samples)

    assert found.exclusive == found.turns
    assert found.turns[0].speaker == "S1"
    assert all(0 <= turn.start < turn.end <= two_people.seconds for turn in found.turns)
    assert all(left.end <= right.start for left, right in zip(found.turns, found.turns[1:], strict=False))


@speech
def test_the_same_recording_gives_the_same_turns(engine, two_people):
    assert diarized(engine, two_people.samples) == diarized(EmbeddedDiarizer(), two_people.samples)


@speech
def test_the_loudness_of_the_recording_does_not_matter(engine, two_people):
    found = diarized(engine, two_people.samples // 8)

    assert len(voices(found)) == 2
    assert dialogues.error_rate(two_people.turns, found.turns, collar=COLLAR) <= MOST_ERRORS


@pytest.mark.parametrize("length", [0, 100, 3 * SAMPLE_RATE])
def test_silence_has_no_turns(engine, length):
    shares: list[float] = []

    found = engine.diarize(np.zeros(length, np.int16), speakers=Speakers(exact=2), report=shares.append)

    assert found.turns == ()
    assert shares[-1] == 1.0


@speech
def test_a_single_word_is_a_turn(engine):
    clip = dialogues.librispeech()["1998"][0][: SAMPLE_RATE * 6 // 10]
    samples = np.concatenate([np.zeros(SAMPLE_RATE, np.int16), clip, np.zeros(SAMPLE_RATE, np.int16)])

    (turn,) = diarized(engine, samples, exact=3).turns

    assert abs(turn.start - 1.0) < 0.3
    assert abs(turn.end - 1.6) < 0.3


@speech
def test_progress_rises_to_one(engine, two_people):
    shares: list[float] = []

    engine.diarize(two_people.samples, speakers=Speakers(), report=shares.append)

    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@speech
@pytest.mark.parametrize("share", [0.1, 0.6])
def test_the_work_stops_where_the_report_raises(engine, two_people, share):
    class Stopped(Exception): ...

    shares: list[float] = []

    def stop(done: float) -> None:
        shares.append(done)
        if done >= share:
            raise Stopped

    with pytest.raises(Stopped):
        engine.diarize(two_people.samples, speakers=Speakers(), report=stop)

    assert shares[-1] < 1


def test_of_a_long_recording_a_sample_is_clustered(monkeypatch):
    monkeypatch.setattr(clustering, "MOST_CLUSTERED", 200)
    chance = np.random.default_rng(5)
    centres = np.abs(chance.normal(size=(3, 256)))
    people = chance.integers(0, 3, 5000)
    prints = (centres[people] + chance.normal(0, 0.1, (5000, 256))).astype(np.float32)
    prints /= np.linalg.norm(prints, axis=1, keepdims=True)

    found = clustering.find_voices(prints, Speakers())

    nearest = (prints @ found.T).argmax(axis=1)
    assert len(found) == 3
    assert len(set(zip(people.tolist(), nearest.tolist(), strict=True))) == 3


@pytest.mark.parametrize(
    "wish", [{"exact": 2, "most": 3}, {"least": 3, "most": 2}, {"exact": 21}, {"least": -1}, {"exact": 2, "least": 2}]
)
def test_numbers_of_speakers_that_cannot_be_are_refused(wish):
    with pytest.raises(AppError) as error:
        Speakers(**wish)

    assert error.value.code == "unsupported_option"


def test_missing_weights_are_an_error_with_a_code(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(AppError) as error:
        VoiceEncoder()

    assert error.value.code == "engine_failed"


def test_the_features_are_those_that_the_encoder_was_trained_on():
    sound = as_float(np.random.default_rng(1).normal(0, 3000, SAMPLE_RATE).astype(np.int16))

    found = VoiceEncoder().features(sound).numpy()

    wanted = librosa.feature.melspectrogram(y=sound, sr=SAMPLE_RATE, n_fft=400, hop_length=160, n_mels=40)
    assert np.allclose(found, wanted.T, rtol=1e-3, atol=1e-6)


def test_naming_an_engine_loads_no_heavy_library():
    code = (
        "import sys, backend.engines.diarizing.embedded, backend.engines.diarizing.pyannote;"
        "print([name for name in ('torch', 'pyannote.audio', 'resemblyzer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"


def _people(number: int, *, clips: int) -> dict[str, tuple[np.ndarray, ...]]:
    chosen = list(dialogues.librispeech().items())[-number:]
    return {speaker: of[:clips] for speaker, of in chosen}
