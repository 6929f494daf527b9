"""Live listening by the embedded engine for real."""

import numpy as np
import pytest

from backend.core.errors import AppError
from backend.engines.listening import Final, Partial, SpeechEnded, SpeechStarted
from backend.engines.listening.sphinx import LiveSphinx
from backend.engines.sphinx import SphinxTranscriber
from tests.engines.listening import PLAIN, frames, hear, hear_until, text_of
from tests.fixtures import media
from tests.needs import needs

pytestmark = needs("flite")


@pytest.fixture(scope="module")
def engine():
    return LiveSphinx()


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """Two sentences with a second of silence between and behind them."""
    folder = tmp_path_factory.mktemp("flite")
    pause = np.zeros(media.RATE, np.int16)
    first = media.samples_of(media.flite(folder / "first.wav", "the weather is fine today"))
    second = media.samples_of(media.flite(folder / "second.wav", "please open the window"))
    return np.concatenate([pause, first, pause, second, pause])


@pytest.fixture(scope="module")
def outputs(engine, speech):
    return hear(engine.listen(**PLAIN), speech)


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    """One sentence of more than ten seconds."""
    text = "one two three four five six seven eight nine ten " * 4
    return media.samples_of(media.flite(tmp_path_factory.mktemp("flite") / "endless.wav", text))


def test_clear_english_is_understood(outputs):
    words = set(text_of(outputs).split())

    assert len(words & {"the", "weather", "is", "fine", "today", "please", "open", "window"}) >= 6


def test_speech_is_framed_by_its_beginning_and_end(outputs):
    kinds = [type(output) for output in outputs if not isinstance(output, Partial)]

    assert kinds == [SpeechStarted, SpeechEnded, Final] * 2


def test_text_is_shown_unsettled_while_somebody_speaks(outputs):
    partials = [output for output in outputs if isinstance(output, Partial)]

    assert len(partials) > 4
    assert not any(word.settled for partial in partials for word in partial.words)


def test_what_is_finished_is_what_the_whole_sound_gives(engine, speech, monkeypatch):
    pieces = []
    whole = SphinxTranscriber()
    monkeypatch.setattr(
        engine,
        "_whole",
        type("Watched", (), {
            "longest_s": whole.longest_s,
            "transcribe": lambda self, sound, **wishes: pieces.append(sound) or whole.transcribe(sound, **wishes),
        })(),
    )  # fmt: skip
    finished = [output for output in hear(engine.listen(**PLAIN), speech) if isinstance(output, Final)]

    wanted = [SphinxTranscriber().transcribe(piece, **PLAIN) for piece in pieces]
    assert ["".join(word.text for word in final.words).strip() for final in finished] == [one.text for one in wanted]


def test_words_have_times_within_their_speech(outputs, speech):
    words = [word for output in outputs if isinstance(output, Final) for word in output.words]

    assert [word.start for word in words] == sorted(word.start for word in words)
    assert all(0.5 < word.start < word.end <= len(speech) / media.RATE for word in words)
    assert any(word.start > 3 for word in words)


@pytest.mark.parametrize("frame_s", [0.02, 0.7, 60.0])
def test_the_outputs_do_not_depend_on_how_the_sound_arrives(engine, speech, outputs, frame_s):
    assert hear(engine.listen(**PLAIN), speech, frame_s) == outputs


def test_a_listener_is_not_changed_by_others_before_or_beside_it(engine, speech, outputs):
    one, other = engine.listen(**PLAIN), engine.listen(**PLAIN)
    found = []
    for frame, noise in zip(frames(speech, 0.5), frames(speech[::-1], 0.5), strict=True):
        found += one.feed(frame)
        list(other.feed(noise))

    assert [*found, *one.finalize()] == outputs


def test_long_speech_is_finished_in_parts_and_nothing_grows(engine, endless):
    listener = engine.listen(**PLAIN)
    found, longest = [], 0
    for frame in frames(endless, 0.1):
        found += listener.feed(frame)
        longest = max(longest, len(listener._utterance.sound()), len(listener._likely) * 512)
    found += listener.finalize()

    finished = [output for output in found if isinstance(output, Final)]
    assert len(finished) >= 2
    assert longest <= 10.6 * media.RATE
    assert len(text_of(found).split()) >= 30


def test_its_decoder_never_gets_more_than_a_tenth_of_a_second(engine, speech, monkeypatch):
    sizes = []
    listener = engine.listen(**PLAIN)
    list(listener.feed(speech[: 2 * media.RATE]))
    decoder = listener._guess._decoder
    monkeypatch.setattr(
        listener._guess,
        "_decoder",
        type("Watched", (), {
            "__getattr__": lambda self, name: getattr(decoder, name),
            "process_raw": lambda self, pcm: sizes.append(len(pcm)) or decoder.process_raw(pcm),
        })(),
    )  # fmt: skip

    list(listener.feed(speech[2 * media.RATE :]))

    assert max(sizes) <= media.RATE // 10 * 2


@pytest.mark.parametrize("count", [1, 5, 12])
def test_another_listener_goes_on_without_losing_or_repeating_a_word(engine, speech, outputs, count):
    begun, resume = hear_until(engine.listen(**PLAIN), speech, count)

    rest = hear(engine.listen(**PLAIN, resume=resume), speech[resume.sample :])

    assert text_of(begun + rest) == text_of(outputs)


def test_silence_and_noise_give_nothing_at_all(engine):
    noise = np.random.default_rng(5).normal(0, 1000, 5 * media.RATE).astype(np.int16)

    assert hear(engine.listen(**PLAIN), np.concatenate([np.zeros(5 * media.RATE, np.int16), noise])) == []


def test_it_says_how_far_it_has_heard(engine, speech):
    listener = engine.listen(**PLAIN)
    list(listener.feed(speech))

    assert listener.processed_s == pytest.approx(len(speech) / media.RATE, abs=0.05)


@pytest.mark.parametrize("wish", [{"task": "translate"}, {"language": "fr"}])
def test_what_it_cannot_do_is_refused(engine, wish):
    with pytest.raises(AppError) as error:
        engine.listen(**{**PLAIN, **wish})

    assert error.value.code == "unsupported_option"


def test_real_speech_is_partly_understood(engine):
    samples = media.samples_of(media.SHARED_AUDIO / "librivox-0880.wav")
    heard = text_of(hear(engine.listen(**PLAIN), samples)).split()

    assert len(set(heard) & {"he", "was", "not", "an", "ill", "disposed", "young", "man"}) >= 4
