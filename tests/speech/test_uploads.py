"""Uploads: what is taken in, and what is refused with which answer."""

import numpy as np
import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts import services
from backend.core.redis_pools import sync_redis
from backend.jobs.models import Job
from backend.live.models import OutboxRow
from backend.speech.models import Transcript
from tests.fixtures import media
from tests.speech.conftest import RECORDING

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def send(client, content: bytes, name: str = "talk.mp3", **fields):
    file = SimpleUploadedFile(name, content)
    return client.post("/api/transcripts/", {"file": file, **fields}, format="multipart")


def problem(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def client(as_user, owner, tiny_whisper):
    return as_user(owner)


def test_an_upload_is_answered_with_the_transcript_and_its_waiting_job(client):
    answer = send(client, RECORDING.read_bytes(), "My talk.flac")

    data = answer.json()
    assert answer.status_code == 201
    assert data["transcript"]["title"] == "My talk.flac"
    assert data["transcript"]["job"] == data["job"]
    assert data["job"]["status"] == "queued"
    assert data["job"]["queue_rank"] == 1
    assert data["job"]["subject"] == f"transcript:{data['transcript']['id']}"
    assert data["transcript"]["media_type"] == "audio/flac"
    assert data["transcript"]["duration_s"] == pytest.approx(7.4, abs=0.1)


def test_the_file_is_kept_under_a_name_of_the_server_and_moved_not_copied(client, tmp_path):
    send(client, RECORDING.read_bytes(), "../../etc/passwd")

    transcript = Transcript.objects.get()
    assert transcript.source.read_bytes() == RECORDING.read_bytes()
    assert transcript.title == "passwd"
    assert [file.name for file in tmp_path.iterdir()] == ["uploads"]


def test_the_kind_of_file_is_found_by_its_content(client):
    answer = send(client, RECORDING.read_bytes(), "holiday.jpg")

    assert answer.json()["transcript"]["media_type"] == "audio/flac"


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda path: path.write_bytes(b""), 422, "empty_file"),
        (lambda path: path.write_bytes(np.random.default_rng(1).bytes(9000)), 422, "unreadable_audio"),
        (lambda path: path.write_bytes(b"%PDF-1.7 " * 500), 422, "unreadable_audio"),
        (media.claims_ten_hours, 422, "audio_too_long"),
    ],
)
def test_what_cannot_be_transcribed_is_refused_and_leaves_nothing(client, tmp_path, make, status, code):
    path = tmp_path / "file"
    make(path)
    content = path.read_bytes()
    path.unlink()

    assert problem(send(client, content)) == (status, code)
    assert not Job.objects.exists()
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"language": "xx"}, 422, "unsupported_option"),
        ({"language": "not a code"}, 400, "invalid"),
        ({"task": "translate"}, 422, "unsupported_option"),
        ({"task": "sing"}, 400, "invalid"),
        ({"hotwords": "x" * 501}, 400, "invalid"),
        ({"hotwords": "a\0b"}, 400, "invalid"),
        ({"title": "x" * 201}, 400, "invalid"),
        ({"model": "../../secret"}, 422, "unsupported_option"),
    ],
)
def test_wishes_that_cannot_be_granted_are_refused(client, fields, status, code):
    assert problem(send(client, RECORDING.read_bytes(), **fields)) == (status, code)
    assert not Transcript.objects.exists()


def test_wishes_are_kept_with_the_transcript(client):
    wishes = {"language": "EN", "hotwords": " garden ", "model": "tiny-whisper", "title": "AC/DC"}
    wishes |= {"diarize": "true", "min_speakers": "2", "max_speakers": ""}
    data = send(client, RECORDING.read_bytes(), **wishes).json()["transcript"]

    assert data["title"] == "AC/DC"
    assert data["options"] == {
        "language": "en", "task": "transcribe", "hotwords": "garden", "model": "tiny-whisper",
        "diarize": True, "speakers": 0, "min_speakers": 2, "max_speakers": 0,
    }  # fmt: skip


def test_a_form_without_a_recording_names_the_missing_field(client):
    answer = client.post("/api/transcripts/", {"title": "nothing"}, format="multipart")

    assert problem(answer) == (400, "invalid")
    assert "file" in answer.json()["fields"]


def test_a_body_that_is_no_form_is_refused(client):
    assert problem(client.post("/api/transcripts/", {"file": "x"}, format="json")) == (415, "unsupported_media")


def test_a_broken_form_is_refused(client):
    answer = client.generic("POST", "/api/transcripts/", b"nonsense", "multipart/form-data; boundary=")

    assert problem(answer) == (400, "bad_request")


def test_a_body_over_the_limit_is_refused_by_its_length(client, configure):
    configure(max_upload_mb=1)

    assert problem(send(client, bytes(1_200_000))) == (413, "too_large")
    assert not Transcript.objects.exists()


def test_a_browser_session_gets_the_same_refusal(owner, tiny_whisper, configure):
    configure(max_upload_mb=1)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    csrf = browser.get("/api/session").json()["csrf_token"]
    file = SimpleUploadedFile("talk.mp3", bytes(1_200_000))

    answer = browser.post("/api/transcripts/", {"file": file}, headers={"X-CSRFToken": csrf})

    assert problem(answer) == (413, "too_large")


def test_more_jobs_than_may_wait_are_refused_and_their_file_is_dropped(client, configure, tmp_path):
    configure(max_queued_jobs_per_user=1)
    assert send(client, RECORDING.read_bytes()).status_code == 201

    assert problem(send(client, RECORDING.read_bytes())) == (429, "limit_reached")
    assert len(list((tmp_path / "uploads").iterdir())) == 1


def test_a_repeated_key_gets_the_first_answer_and_makes_no_second_job(as_user, owner, tiny_whisper, tmp_path):
    client = as_user(owner)
    answers = [
        client.post(
            "/api/transcripts/",
            {"file": SimpleUploadedFile("talk.flac", RECORDING.read_bytes())},
            format="multipart",
            headers={"Idempotency-Key": "one"},
        )
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Job.objects.count() == 1
    assert [file.name for file in tmp_path.iterdir()] == ["uploads"]


def test_nobody_uploads_without_signing_in(client):
    assert problem(send(APIClient(), RECORDING.read_bytes())) == (401, "unauthenticated")


@pytest.mark.parametrize(("scope", "status"), [("speech", 201), ("jobs", 403)])
def test_an_api_key_needs_the_scope(owner, tiny_whisper, scope, status):
    _, secret = services.create_key(user=owner, name="a program", scopes=[scope])
    client = APIClient(headers={"X-API-KEY": secret})

    assert send(client, RECORDING.read_bytes()).status_code == status


def test_the_task_starts_when_the_upload_is_committed(client):
    send(client, RECORDING.read_bytes())

    assert sync_redis().llen("celery:batch_queue") == 1
    assert not OutboxRow.objects.exists()


@pytest.mark.parametrize(("size", "status"), [(0, 201), (1_200_000, 413)])
async def test_a_body_in_chunks_without_a_length_is_measured(size, status, token, tiny_whisper, configure, live_loop):
    configure(max_upload_mb=1)
    content = RECORDING.read_bytes() + bytes(size)
    head = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.flac"\r\n\r\n'
    body = head + content + b"\r\n--X--\r\n"
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/transcripts/",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"multipart/form-data; boundary=X"),
        ],
    }
    server = ApplicationCommunicator(ASGIHandler(), scope)
    for start in range(0, len(body), 65_536):
        block = body[start : start + 65_536]
        more = start + 65_536 < len(body)
        await server.send_input({"type": "http.request", "body": block, "more_body": more})

    answer = await server.receive_output(timeout=20)
    await server.wait()

    assert answer["status"] == status


def test_hotwords_are_refused_where_the_engine_does_not_take_them(client, configure):
    configure(transcriber="pocketsphinx")
    assert problem(send(client, RECORDING.read_bytes(), hotwords="garden")) == (422, "unsupported_option")
