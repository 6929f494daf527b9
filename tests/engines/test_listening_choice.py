"""Which engine hears live, and the reason that is given for it."""

import os
import subprocess
import sys

import pytest

from backend.core.errors import AppError
from backend.engines import choosing
from tests.fixtures import media


def test_auto_takes_whisper_where_its_model_is(tiny_whisper):
    choice = choosing.choose_live_transcriber()

    assert (choice.engine.name, choice.engine.model) == ("faster-whisper", "tiny-whisper")
    assert choice.reason == "faster-whisper: the model tiny-whisper is installed."
    assert choice.engine.languages == ("en",)
    assert choice.engine.can_use_hotwords
    assert not choice.engine.can_translate


def test_auto_takes_the_embedded_engine_where_there_is_no_model(configure):
    configure(transcriber="auto", whisper_model="")
    choice = choosing.choose_live_transcriber()

    assert (choice.engine.name, choice.engine.model) == ("pocketsphinx", "en-us")
    assert choice.reason == "pocketsphinx: no Whisper model is installed; run `manage.py fetch_models`."


def test_the_setting_decides_over_what_is_there(tiny_whisper, configure):
    configure(transcriber="pocketsphinx")

    assert choosing.choose_live_transcriber().engine.name == "pocketsphinx"


def test_only_installed_models_may_be_asked_for(tiny_whisper):
    with pytest.raises(AppError) as error:
        choosing.choose_live_transcriber("huge")

    assert error.value.code == "unsupported_option"


def test_whisper_without_its_model_is_an_error_with_a_code(configure):
    configure(transcriber="faster-whisper", whisper_model="/no/such/model")

    with pytest.raises(AppError) as error:
        choosing.choose_live_transcriber()

    assert error.value.code == "engine_failed"


def test_choosing_loads_no_heavy_library():
    code = (
        "import django; django.setup(); from backend.engines.choosing import choose_live_transcriber as choose; "
        "assert choose().engine.name == 'faster-whisper'; import sys; "
        "print(sorted({'torch', 'ctranslate2', 'faster_whisper', 'pocketsphinx', 'onnxruntime'} & set(sys.modules)))"
    )
    environment = {**os.environ, "WHISPER_MODEL": str(media.MODEL), "DJANGO_SETTINGS_MODULE": "backend.settings"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.strip() == "[]"
