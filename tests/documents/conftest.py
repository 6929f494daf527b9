from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from tests.engines.conftest import configure, tiny_whisper  # noqa: F401 (fixtures)
from tests.speech.conftest import _files_of_their_own, finished, upload  # noqa: F401 (fixtures)

ADDRESS = "/api/documents"


@pytest.fixture
def post(as_user):
    """Upload files, given as pairs of name and content, as a user: the answer."""

    def send(user, *files: tuple[str, bytes], headers=None, **fields):
        sent = [SimpleUploadedFile(name, data) for name, data in files]
        return as_user(user).post(ADDRESS, {"file": sent, **fields}, format="multipart", headers=headers or {})

    return send


@pytest.fixture
def brought(owner, post):
    """Upload files as the owner: the answer's data."""

    def send(*files: tuple[str, bytes], **fields) -> dict:
        answer = post(owner, *files, **fields)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    return send


@pytest.fixture
def on_disk(settings):
    """The files that Stentor holds."""
    return lambda: [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


@pytest.fixture
def told(owner, read_log):
    """What the owner was told under a name, oldest first."""
    return lambda name: [one["data"] for one in read_log(f"user:{owner.pk}") if one["event"] == name]
