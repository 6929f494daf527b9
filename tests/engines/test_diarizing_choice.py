"""Which diarizer answers, and the reason that is given for it."""

import shutil

import pytest
from pydantic import SecretStr

from backend.core.errors import AppError
from backend.engines.choosing_diarizer import choose_diarizer

PARTS = ("segmentation", "embedding")


@pytest.fixture
def pipeline(tmp_path):
    """What a pipeline looks like from outside: nothing is loaded where a choice is made."""
    directory = tmp_path / "my-pipeline"
    for part in PARTS:
        (directory / part).mkdir(parents=True)
    (directory / "config.yaml").write_text("\n".join(f"{part}: $model/{part}" for part in PARTS))
    return directory


@pytest.fixture
def cached(pipeline, settings, tmp_path):
    """The same as the hub's client leaves it in the own cache."""
    settings.HOME = tmp_path
    repository = tmp_path / "models" / "models--someone--diarization"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    return shutil.copytree(pipeline, repository / "snapshots" / "abc")


def chosen() -> tuple[str, str, str]:
    choice = choose_diarizer()
    return choice.engine.name, choice.engine.model, choice.reason


def test_auto_takes_the_embedded_engine_where_no_pipeline_is_named(configure):
    configure(diarizer="auto", diarization_model="")

    assert chosen() == ("embedded", "ge2e", "embedded: no pyannote pipeline is named by DIARIZATION_MODEL.")


def test_auto_takes_pyannote_where_its_directory_is(configure, pipeline):
    configure(diarizer="auto", diarization_model=str(pipeline))

    assert chosen() == ("pyannote", "my-pipeline", "pyannote: the pipeline my-pipeline is installed.")


def test_the_reason_names_a_pipeline_that_is_missing(configure):
    configure(diarizer="auto", diarization_model="/no/such/pipeline")

    assert chosen() == ("embedded", "ge2e", "embedded: the pyannote pipeline '/no/such/pipeline' is not installed.")


def test_auto_takes_a_pipeline_in_the_cache_by_its_name(configure, cached):
    configure(diarizer="auto", diarization_model="someone/diarization")

    assert chosen() == ("pyannote", "someone/diarization", "pyannote: the pipeline someone/diarization is installed.")


def test_half_a_download_is_not_taken_for_a_pipeline(configure, cached):
    (cached / "segmentation").rmdir()
    configure(diarizer="auto", diarization_model="someone/diarization")

    assert chosen()[0] == "embedded"


def test_a_token_lets_a_named_pipeline_be_fetched_and_is_not_told(configure, settings, tmp_path):
    settings.HOME = tmp_path
    configure(diarizer="auto", diarization_model="someone/diarization", hf_token=SecretStr("hf_secret"))

    assert chosen() == (
        "pyannote",
        "someone/diarization",
        "pyannote: the pipeline someone/diarization can be fetched with HF_TOKEN.",
    )


def test_a_token_alone_fetches_nothing(configure):
    configure(diarizer="auto", diarization_model="", hf_token=SecretStr("hf_secret"))

    assert chosen()[0] == "embedded"


def test_the_setting_decides_over_what_is_there(configure, pipeline):
    configure(diarizer="embedded", diarization_model=str(pipeline))

    assert chosen() == ("embedded", "ge2e", "embedded: chosen by the setting DIARIZER.")


@pytest.mark.parametrize(("setting", "code"), [("pyannote", "engine_failed"), ("oracle", "unsupported_option")])
def test_a_setting_that_cannot_be_met_is_an_error(configure, setting, code):
    configure(diarizer=setting, diarization_model="")

    with pytest.raises(AppError) as error:
        choose_diarizer()

    assert error.value.code == code


def test_there_is_one_engine_for_a_process(configure):
    configure(diarizer="auto", diarization_model="")

    assert choose_diarizer().engine is choose_diarizer().engine
