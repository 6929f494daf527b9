"""The commands of the terminal; `transcribe` with a Stentor that runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.e2e.stack import REPOSITORY, Stack
from tests.fixtures import media
from tests.speech.conftest import RECORDING

LONG = media.RECORDINGS / "11_long_65s.flac"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack("speech", env={"WHISPER_MODEL": str(media.MODEL), "TRANSCRIBE_CHUNK_S": "8"}) as running:
        yield running


def transcribe(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "transcribe", "--url", stack.url, *arguments],
        cwd=REPOSITORY,
        env=stack.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_fetching_without_a_network_says_so_and_succeeds(settings, tmp_path):
    settings.HOME = tmp_path
    said = StringIO()

    call_command("fetch_models", stdout=said)

    assert "cannot be reached" in said.getvalue()
    assert "pocketsphinx, will be used" in said.getvalue()


def test_a_model_that_is_here_is_not_fetched_again(tiny_whisper):
    said = StringIO()

    call_command("fetch_models", stdout=said)

    assert "tiny-whisper is here already" in said.getvalue()


@pytest.mark.parametrize("name", ["no such model", "../../etc"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(CommandError):
        call_command("fetch_models", name)


@pytest.mark.e2e
def test_a_recording_is_followed_to_its_text_in_the_terminal(stack):
    done = transcribe(stack, str(LONG))
    out, err = done.communicate(timeout=90)

    assert done.returncode == 0, err
    assert " ".join(out.split()) == media.text_of(LONG.name)
    assert "completed: " in err
    assert "100%" in err


@pytest.mark.e2e
def test_who_says_what_is_shown_in_the_terminal(stack):
    done = transcribe(stack, str(RECORDING), "--diarize", "--speakers", "1")
    out, err = done.communicate(timeout=90)

    assert done.returncode == 0, err
    assert " ".join(out.split()) == f"Speaker 1: {media.text_of(RECORDING.name)}"


@pytest.mark.e2e
def test_what_is_not_audio_is_said_in_words(stack, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_bytes(b"\x01\x02 no sound" * 999)
    done = transcribe(stack, str(path))
    _, err = done.communicate(timeout=60)

    assert done.returncode == 1
    assert "cannot be read as audio or video" in err


@pytest.mark.e2e
def test_interrupting_leaves_the_job_running(stack):
    following = transcribe(stack, str(LONG))
    assert following.stdout is not None
    following.stdout.readline()
    following.send_signal(signal.SIGINT)
    _, err = following.communicate(timeout=60)

    assert following.returncode == 130
    assert "goes on without this terminal" in err


@pytest.mark.e2e
def test_a_server_that_goes_away_is_waited_for(stack):
    with transcribe(stack, str(LONG)) as following:
        assert following.stdout is not None
        first = following.stdout.readline()
        os.kill(stack.pid_of("web"), signal.SIGKILL)
        # Not `communicate`: it would leave out what `readline` has buffered.
        rest = following.stdout.read()

    assert following.returncode == 0
    assert " ".join((first + rest).split()) == media.text_of(LONG.name)


def test_a_server_that_is_not_there_is_said_in_words(owner):
    with pytest.raises(CommandError, match="does not answer"):
        call_command("transcribe", str(RECORDING), url="http://127.0.0.1:9", user="owner")


def test_a_user_that_does_not_exist_is_said_in_words(db):
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("transcribe", str(RECORDING), user="nobody")
