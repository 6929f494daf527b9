from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.accounts import tokens
from backend.jobs.models import Job
from backend.jobs.running import running
from backend.speech.models import Transcript
from backend.speech.services import transcribing
from tests.engines.conftest import configure, tiny_whisper  # noqa: F401 (fixtures)
from tests.fixtures import media

RECORDING = media.RECORDINGS / "05_three_sentences_m1.flac"


@pytest.fixture(autouse=True)
def _files_of_their_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.fixture
def token(owner) -> str:
    """An access token of the owner."""
    return tokens.token_pair(owner)["access"]


@pytest.fixture
def upload(as_user) -> Callable[..., dict]:
    """Upload a recording as a user: the answer's data."""

    def send(user, path: Path = RECORDING, **fields) -> dict:
        file = SimpleUploadedFile(path.name, path.read_bytes())
        answer = as_user(user).post("/api/transcripts/", {"file": file, **fields}, format="multipart")
        assert answer.status_code == 201, answer.json()
        return answer.json()

    return send


@pytest.fixture
def finished(upload, tiny_whisper) -> Callable[..., Transcript]:  # noqa: F811
    """Upload a recording as a user and do the worker's work on it."""

    def make(user, path: Path = RECORDING, **fields) -> Transcript:
        data = upload(user, path, **fields)
        work(data["job"]["id"])
        return Transcript.objects.select_related("job").get(pk=data["transcript"]["id"])

    return make


def work(job_id) -> Job:
    """What the task does with a job."""
    with running(job_id) as run:
        transcribing.run(run)
    return Job.objects.get(pk=job_id)
