"""Live listening by faster-whisper for real, with the tiny Whisper of the fixtures."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from backend.core.errors import AppError
from backend.engines import choosing, whisper_model
from backend.engines.listening import Final, LiveWord, Partial, Resume, SpeechEnded, SpeechStarted
from backend.engines.listening import whisper as listening
from tests.engines.listening import PLAIN, frames, hear, hear_until, settled_texts, sound_of, text_of
from tests.fixtures import media

NAMES = sorted(media.transcripts())
SHORT = "05_three_sentences_m1.flac"
LONG = "09_rp_25s.flac"
# Of the longest recording the first sentences, which are more than the half minute that is remembered.
LONGEST = "11_long_65s.flac"
LONGEST_S = 39.3


@pytest.fixture(scope="module")
def heard_before():
    return {}


@pytest.fixture
def engine(tiny_whisper, configure, heard_before, monkeypatch):
    """Never too slow for all its passes, however busy this machine is. Hears the same sound only once."""
    hear_really = listening._Passes.hear

    def hear_once(passes, sound, start, prompt):
        if passes.task != "transcribe" or passes.language != "en":
            return hear_really(passes, sound, start, prompt)
        key = (sound.tobytes(), start, prompt)
        if key not in heard_before:
            heard_before[key] = hear_really(passes, sound, start, prompt)
        return heard_before[key]

    monkeypatch.setattr(listening._Passes, "hear", hear_once)
    monkeypatch.setattr(listening, "BUSY", 1000.0)
    configure(live_step_s=1.0)
    return choosing.choose_live_transcriber().engine


def some_of(name: str) -> tuple[np.ndarray, str]:
    """The sound of a recording and its text, both as far as is enough."""
    words = media.transcripts()[name]["words"]
    length = LONGEST_S if name == LONGEST else media.transcripts()[name]["duration"] + 1
    text = " ".join(word["word"] for word in words if word["end"] <= length)
    return sound_of(name)[: int(length * media.RATE)], text


def finals(outputs) -> list[Final]:
    return [output for output in outputs if isinstance(output, Final)]


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_a_recording_is_heard(engine, name):
    samples, text = some_of(name)

    outputs = hear(engine.listen(**PLAIN), samples)

    # A pause within a sentence may be taken for its end.
    assert text_of(outputs).replace(".", "") == text.replace(".", "")


def test_settled_text_only_grows(engine):
    texts = list(settled_texts(hear(engine.listen(**PLAIN), sound_of(LONG))))

    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert texts[-1].strip() == media.text_of(LONG)


def test_words_settle_while_the_sentence_is_still_spoken(engine):
    outputs = hear(engine.listen(**PLAIN), sound_of(SHORT))

    partials = [output for output in outputs if isinstance(output, Partial)]
    assert any(partial.words[0].settled and not partial.words[-1].settled for partial in partials if partial.words)
    assert all(word.settled for final in finals(outputs) for word in final.words)


def test_each_sentence_is_a_piece(engine):
    outputs = hear(engine.listen(**PLAIN), sound_of(LONG))

    pieces = ["".join(word.text for word in final.words).strip() for final in finals(outputs)]
    assert pieces == [f"{sentence.strip()}." for sentence in media.text_of(LONG).split(".") if sentence]


def test_times_are_near_the_truth_and_never_go_back(engine):
    outputs = hear(engine.listen(**PLAIN), sound_of(LONG))

    words = [word for final in finals(outputs) for word in final.words]
    truth = media.transcripts()[LONG]["words"]
    assert [word.end for word in words] == pytest.approx([word["end"] for word in truth], abs=0.3)
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)


@pytest.mark.parametrize("frame_s", [0.02, 0.25, 1.7, 60.0])
def test_the_outputs_do_not_depend_on_how_the_sound_arrives(engine, frame_s):
    assert hear(engine.listen(**PLAIN), sound_of(SHORT), frame_s) == hear(engine.listen(**PLAIN), sound_of(SHORT))


def test_silence_noise_and_music_give_nothing_at_all(engine):
    noise = np.random.default_rng(5).normal(0, 1000, 5 * media.RATE).astype(np.int16)
    listener = engine.listen(**PLAIN)

    outputs = hear(listener, np.concatenate([np.zeros(5 * media.RATE, np.int16), noise, media.tone(5)]))

    assert outputs == []
    assert listener.processed_s == pytest.approx(15.0, abs=0.05)


def test_speech_is_framed_by_its_beginning_and_end(engine):
    outputs = hear(engine.listen(**PLAIN), sound_of("07_silence_middle.flac"))

    found = [output for output in outputs if isinstance(output, SpeechStarted | SpeechEnded | Final)]
    assert [type(output) for output in found] == [SpeechStarted, SpeechEnded, Final] * 2
    assert [output.at for output in found if not isinstance(output, Final)] == sorted(
        output.at for output in found if not isinstance(output, Final)
    )


def test_a_cut_line_loses_no_tail(engine):
    samples = sound_of("01_short_us.wav")
    outputs = hear(engine.listen(**PLAIN), samples[: int(1.9 * media.RATE)])

    assert text_of(outputs) == "open the red door please."


def test_after_being_finished_it_hears_on(engine):
    samples, cut = sound_of("07_silence_middle.flac"), 3 * media.RATE
    listener = engine.listen(**PLAIN)

    outputs = hear(listener, samples[:cut]) + hear(listener, samples[cut:])

    assert text_of(outputs) == media.text_of("07_silence_middle.flac")


def test_being_finished_between_two_words_of_a_sentence_loses_none(engine):
    samples, cut = sound_of(SHORT), int(2.98 * media.RATE)  # after "red" in "the red table is red and"
    listener = engine.listen(**PLAIN)

    outputs = hear(listener, samples[:cut]) + hear(listener, samples[cut:])

    assert text_of(outputs).replace(".", "") == media.text_of(SHORT).replace(".", "")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("11")])
def test_another_listener_goes_on_without_losing_or_repeating_a_word(engine, name):
    samples = sound_of(name)
    whole = hear(engine.listen(**PLAIN), samples)

    for count in sorted({len(whole) * part // 4 for part in (1, 2, 3)}):
        outputs, resume = hear_until(engine.listen(**PLAIN), samples, count)
        rest = hear(engine.listen(**PLAIN, resume=resume), samples[resume.sample :], 1.0)
        assert text_of(outputs + rest) == text_of(whole), count
        settled = ["", *settled_texts(outputs)][-1]
        assert text_of(outputs + rest).startswith(settled.strip()), count


def test_settled_words_are_finished_even_if_nothing_more_is_said(engine):
    word = LiveWord(" hello", 0.5, 0.9, 0.9)
    listener = engine.listen(**PLAIN, resume=Resume(0, (word,), 0.9, ""))

    assert text_of(hear(listener, np.zeros(3 * media.RATE, np.int16))) == "hello"


def test_it_remembers_a_bounded_part_of_a_long_recording(engine):
    listener = engine.listen(**PLAIN)
    longest = text = 0
    for frame in frames(some_of(LONGEST)[0], 5.0):
        for _ in listener.feed(frame):
            longest = max(longest, len(listener._utterance.sound()))
            text = max(text, len(listener.resume.before), len(listener.resume.settled))

    assert longest <= 30 * media.RATE
    assert text <= 200


def test_two_listeners_do_not_disturb_each_other(engine):
    names = ("02_short_gb_f2.wav", "08_two_voices.flac")
    listeners = [engine.listen(**PLAIN) for _ in names]
    outputs: list[list] = [[], []]

    for pair in zip(*(frames(np.pad(sound_of(name), (0, 200_000))[:200_000], 0.5) for name in names), strict=True):
        for index, frame in enumerate(pair):
            outputs[index] += listeners[index].feed(frame)

    assert [text_of([*found, *listener.finalize()]) for found, listener in zip(outputs, listeners, strict=True)] == [
        media.text_of(name) for name in names
    ]


def test_a_slow_machine_leaves_out_passes_but_no_word(tiny_whisper, monkeypatch):
    monkeypatch.setattr(listening, "BUSY", 0.0)
    engine = choosing.choose_live_transcriber().engine
    slow, steady = engine.listen(**PLAIN), engine.listen(**PLAIN)

    outputs = hear(slow, sound_of("04_question_f4.flac"), 60.0)
    hear(steady, sound_of("04_question_f4.flac"), 0.1)

    assert slow.passes < steady.passes
    assert text_of(outputs) == media.text_of("04_question_f4.flac")


def test_whole_files_and_live_sound_are_heard_with_the_same_model(engine, monkeypatch):
    samples = sound_of("01_short_us.wav")
    monkeypatch.undo()
    whisper_model._load.cache_clear()

    choosing.choose_transcriber().engine.transcribe(samples / np.float32(32768), **PLAIN)
    hear(engine.listen(**PLAIN), samples)

    assert whisper_model._load.cache_info().currsize == 1


@pytest.mark.parametrize("wish", [{"task": "translate"}, {"language": "fr"}])
def test_what_the_model_cannot_do_is_refused(engine, wish):
    with pytest.raises(AppError) as error:
        engine.listen(**{**PLAIN, **wish})

    assert error.value.code == "unsupported_option"


class Multilingual:
    """Stands for a model of many languages, of which there is none as small as a fixture must be."""

    def __init__(self, *said: str) -> None:
        self.calls: list[dict] = []
        self._said = said

    def transcribe(self, sound, **wishes):
        self.calls.append(wishes)
        said = self._said[min(len(self.calls), len(self._said)) - 1].split()
        step = len(sound) / media.RATE / (len(said) + 1)
        words = [
            SimpleNamespace(word=f" {word}", start=step * index, end=step * (index + 1), probability=0.5)
            for index, word in enumerate(said)
        ]
        return iter([SimpleNamespace(words=words, no_speech_prob=0.0)]), SimpleNamespace(language="de")


@pytest.fixture
def many_languages(engine, configure, monkeypatch):
    configure(live_step_s=0.8)

    def listen(model, **wishes):
        monkeypatch.setattr(listening, "load_model", lambda _: model)
        engine.languages, engine.can_translate = ("de", "en"), True
        return engine.listen(**{**PLAIN, **wishes})

    return listen


def test_the_language_that_is_heard_first_is_kept(many_languages):
    model = Multilingual("guten Tag")
    listener = many_languages(model)

    hear(listener, sound_of(LONG)[: 6 * media.RATE])

    asked = [call["language"] for call in model.calls]
    assert asked[0] is None
    assert asked[-1] == listener.language == "de"
    assert asked == sorted(asked, key=bool)


def test_wishes_reach_the_model(many_languages):
    model = Multilingual("guten Tag")
    hear(many_languages(model, language="de", task="translate", hotwords="Stentor"), sound_of("01_short_us.wav"))

    assert {(call["language"], call["task"], call["hotwords"]) for call in model.calls} == {
        ("de", "translate", "Stentor")
    }


def test_finished_text_leads_on_to_what_follows(many_languages):
    model = Multilingual("eins.", "eins. zwei drei", "eins. zwei drei")
    hear(many_languages(model), sound_of(LONG)[: 3 * media.RATE])

    assert model.calls[0]["initial_prompt"] is None
    assert model.calls[-1]["initial_prompt"].strip() == "eins."


def test_text_that_leads_in_circles_is_forgotten(many_languages):
    model = Multilingual("eins.", "eins. zwei drei", "eins. zwei drei", "ja so " * 4, "zwei drei vier")
    hear(many_languages(model), sound_of(LONG)[: 3 * media.RATE])

    after = next(index for index, call in enumerate(model.calls) if call["initial_prompt"])
    assert model.calls[after + 1]["initial_prompt"] is None


def test_a_voice_that_gives_no_words_is_not_kept_for_ever(many_languages):
    listener = many_languages(Multilingual(""))
    outputs = hear(listener, np.tile(sound_of("06_scotland_noise20db.flac"), 5))

    assert finals(outputs) == []
    assert len(listener._utterance.sound()) <= 30 * media.RATE


def test_speech_without_punctuation_is_divided(many_languages):
    class Endless(Multilingual):
        def transcribe(self, sound, **wishes):
            self._said = (" ".join(f"wort{number}" for number in range(len(sound) // 8000)),)
            return super().transcribe(sound, **wishes)

    voice = np.tile(sound_of(LONG)[int(0.4 * media.RATE) : int(2.4 * media.RATE)], 20)
    outputs = hear(many_languages(Endless()), voice)

    assert len(finals(outputs)) > 1
    assert all(final.words[-1].end - final.words[0].start <= 25 for final in finals(outputs))
