"""Which engine answers, and the reason that is given for it."""

import json
import os
import subprocess
import sys

import pytest

from backend.core.errors import AppError
from backend.engines import choosing, installed
from tests.fixtures import media


def test_auto_takes_whisper_where_its_model_is(tiny_whisper):
    choice = choosing.choose_transcriber()

    assert (choice.engine.name, choice.engine.model) == ("faster-whisper", "tiny-whisper")
    assert choice.reason == "faster-whisper: the model tiny-whisper is installed."
    assert choice.models == ("tiny-whisper",)


def test_auto_takes_the_embedded_engine_where_there_is_no_model(configure):
    configure(transcriber="auto", whisper_model="")
    choice = choosing.choose_transcriber()

    assert choice.engine.name == "pocketsphinx"
    assert choice.reason == "pocketsphinx: no Whisper model is installed; run `manage.py fetch_models`."


def test_the_reason_names_a_model_that_is_missing(configure):
    configure(transcriber="auto", whisper_model="/no/such/model")

    assert "'/no/such/model' is not installed" in choosing.choose_transcriber().reason


def test_the_setting_decides_over_what_is_there(tiny_whisper, configure):
    configure(transcriber="pocketsphinx")
    choice = choosing.choose_transcriber()

    assert choice.engine.name == "pocketsphinx"
    assert "TRANSCRIBER" in choice.reason


def test_a_model_in_the_own_cache_is_found_by_its_name(configure, settings, tmp_path):
    settings.HOME = tmp_path
    configure(transcriber="auto", whisper_model="")
    snapshot = tmp_path / "models" / "models--Systran--faster-whisper-small" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("abc")
    for name in ("model.bin", "config.json", "vocabulary.json", "tokenizer.json"):
        (snapshot / name).symlink_to(media.MODEL / name)

    choice = choosing.choose_transcriber("small")

    assert (choice.engine.name, choice.engine.model) == ("faster-whisper", "small")


def test_only_installed_models_may_be_asked_for(tiny_whisper):
    with pytest.raises(AppError) as error:
        choosing.choose_transcriber("../../etc/passwd")

    assert error.value.code == "unsupported_option"


def test_an_engine_that_the_settings_do_not_name_is_refused(configure):
    configure(transcriber="dictaphone")

    with pytest.raises(AppError) as error:
        choosing.choose_transcriber()

    assert error.value.code == "unsupported_option"


def test_languages_of_a_multilingual_model_come_from_its_vocabulary(tmp_path):
    words = ["<|startoftranscript|>", "<|de|>", "<|en|>", "<|haw|>", "<|translate|>", "<|0.00|>"]
    (tmp_path / "vocabulary.json").write_text(json.dumps(words + ["x"] * 51_865))

    assert installed.languages_of(tmp_path) == ("de", "en", "haw")


def test_choosing_loads_no_heavy_library():
    code = (
        "import django; django.setup(); from backend.engines.choosing import choose_transcriber as choose; "
        "assert choose().engine.name == 'faster-whisper'; import sys; "
        "print(sorted({'torch', 'ctranslate2', 'faster_whisper', 'pocketsphinx', 'onnxruntime'} & set(sys.modules)))"
    )
    environment = {**os.environ, "WHISPER_MODEL": str(media.MODEL), "DJANGO_SETTINGS_MODULE": "backend.settings"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
