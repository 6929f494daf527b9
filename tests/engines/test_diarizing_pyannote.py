"""pyannote.audio for real: every step of its pipeline, with small networks that have learnt nothing."""

import shutil
import socket

import numpy as np
import pytest
import yaml
from pydantic import SecretStr

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE
from backend.engines.diarizing import Speakers
from backend.engines.diarizing.pyannote import PyannoteDiarizer
from tests.fixtures import media, tiny_pyannote

SAMPLES = np.concatenate([media.samples_of(media.RECORDINGS / "08_two_voices.flac")] * 3)[: 14 * SAMPLE_RATE]
SECONDS = len(SAMPLES) / SAMPLE_RATE


@pytest.fixture(scope="module", params=sorted(tiny_pyannote.CLUSTERING))
def engine(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("pipelines") / request.param
    return PyannoteDiarizer(str(tiny_pyannote.make(directory, request.param)))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_pyannote.make(tmp_path_factory.mktemp("pipelines") / "tiny", "VBxClustering")


@pytest.fixture(autouse=True)
def one_thread(configure):
    """Threads wait for one another at every step, which costs much where other tests use the cores."""
    configure(whisper_threads=1)


@pytest.fixture
def unreachable(monkeypatch):
    """Nobody may look up an address, let alone call one."""

    def refuse(*_):
        raise AssertionError("an address was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def diarized(engine, samples=SAMPLES, **speakers):
    return engine.diarize(samples, speakers=Speakers(**speakers), report=lambda _: None)


def voices(turns) -> set[str]:
    return {turn.speaker for turn in turns}


def refused(call) -> AppError:
    with pytest.raises(AppError) as error:
        call()
    return error.value


def test_a_recording_gets_turns_of_named_speakers(engine, unreachable):
    found = diarized(engine)

    assert found.turns[0].speaker == "S1"
    assert voices(found.turns) | voices(found.exclusive) <= {"S1", "S2", "S3"}
    assert list(found.turns) == sorted(found.turns, key=lambda turn: (turn.start, turn.end))
    assert all(0 <= turn.start < turn.end <= SECONDS for turn in (*found.turns, *found.exclusive))


def test_exclusive_turns_do_not_overlap(engine):
    found = diarized(engine)

    assert found.exclusive
    assert all(left.end <= right.start for left, right in zip(found.exclusive, found.exclusive[1:], strict=False))
    assert found.turns != found.exclusive


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_exact_number_of_speakers_is_kept(engine, number):
    assert len(voices(diarized(engine, exact=number).exclusive)) == number


def test_at_least_and_at_most_so_many_speakers(engine):
    assert len(voices(diarized(engine, least=3).turns)) >= 3
    assert len(voices(diarized(engine, most=1).turns)) == 1


def test_progress_rises_to_one(engine):
    shares: list[float] = []

    engine.diarize(SAMPLES, speakers=Speakers(), report=shares.append)

    assert shares == sorted(shares)
    assert all(type(share) is float for share in shares)
    assert any(0.15 < share < 0.95 for share in shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_the_work_stops_where_the_report_raises(engine, share):
    class Stopped(Exception): ...

    shares: list[float] = []

    def stop(done: float) -> None:
        shares.append(done)
        if done >= share:
            raise Stopped

    with pytest.raises(Stopped):
        engine.diarize(SAMPLES, speakers=Speakers(), report=stop)

    assert shares[-1] < 0.9


@pytest.mark.parametrize("length", [0, 160, SAMPLE_RATE])
def test_no_turn_is_beyond_the_end_of_a_short_recording(engine, length):
    found = diarized(engine, SAMPLES[:length])

    assert all(turn.end <= length / SAMPLE_RATE for turn in found.turns)


def test_nothing_is_told_to_the_makers_of_the_library(engine):
    diarized(engine, SAMPLES[:SAMPLE_RATE])

    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    assert not is_metrics_enabled()


def test_a_pipeline_in_the_own_cache_is_found_by_its_name(directory, configure, settings, tmp_path, unreachable):
    settings.HOME = tmp_path
    snapshot = tmp_path / "models" / "models--someone--tiny" / "snapshots" / "abc"
    shutil.copytree(directory, snapshot)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")

    engine = PyannoteDiarizer("someone/tiny")

    assert engine.model == "someone/tiny"
    assert diarized(engine, SAMPLES[: 3 * SAMPLE_RATE]).turns


def test_a_pipeline_that_is_not_here_is_refused_when_the_engine_is_made():
    error = refused(lambda: PyannoteDiarizer("/no/such/directory"))

    assert error.code == "engine_failed"
    assert "DIARIZATION_MODEL" in error.message


@pytest.mark.parametrize("broken", ["config.yaml", "segmentation/pytorch_model.bin", "plda/plda.npz"])
def test_a_damaged_pipeline_is_an_error_that_tells_no_paths(directory, tmp_path, broken):
    copy = tmp_path / "secret-place" / "tiny"
    shutil.copytree(directory, copy)
    (copy / broken).write_bytes(b"not what it was")
    engine = PyannoteDiarizer(str(copy))

    error = refused(lambda: diarized(engine))

    assert error.code == "engine_failed"
    assert "tiny" in error.message
    assert "secret-place" not in error.message


def test_a_hub_that_does_not_answer_is_an_error_that_tells_no_token(configure, settings, tmp_path):
    settings.HOME = tmp_path
    configure(hf_token=SecretStr("hf_secret"))
    engine = PyannoteDiarizer("someone/tiny")

    error = refused(lambda: diarized(engine))

    assert error.code == "engine_failed"
    assert "hf_secret" not in str(error)


def test_a_pipeline_that_fails_on_a_recording_is_an_error(directory, tmp_path):
    copy = tmp_path / "tiny"
    shutil.copytree(directory, copy)
    configuration = yaml.safe_load((copy / "config.yaml").read_text())
    configuration["pipeline"]["params"]["clustering"] = "KMeansClustering"
    configuration["params"].pop("clustering")
    (copy / "config.yaml").write_text(yaml.safe_dump(configuration))
    engine = PyannoteDiarizer(str(copy))

    error = refused(lambda: diarized(engine))

    assert error.code == "engine_failed"
    assert error.message == "pyannote.audio failed (ValueError)."
