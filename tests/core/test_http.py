"""What every HTTP answer has in common."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from backend.core import health
from backend.core.api import MAX_JSON_BYTES

pytestmark = pytest.mark.django_db


def test_pages_allow_no_foreign_or_inline_script(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_readiness_looks_at_database_and_redis(client):
    assert client.get("/health/ready").json()["status"] == "ready"


def test_a_redis_that_is_away_is_seen(client, redis_server):
    redis_server.kill()
    try:
        answer = client.get("/health/ready")
    finally:
        redis_server.start()
    assert (answer.status_code, answer.json()["checks"]["redis"]) == (503, False)


def test_a_process_that_drains_is_not_ready(client, monkeypatch):
    monkeypatch.setitem(health._state, "draining", False)
    health.start_draining()
    assert client.get("/health/ready").status_code == 503


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/api/jobs", 401, "unauthenticated"), ("/api/nothing-here", 404, "not_found"), ("/nothing-here", 404, None)],
)
def test_an_error_is_a_problem_document(client, path, status, code):
    answer = client.get(path)
    assert answer.status_code == status
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code


def test_a_body_that_is_not_json_is_a_problem(client):
    answer = client.post("/token/", "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_huge_json_body_is_refused(client):
    body = json.dumps({"username": "x" * MAX_JSON_BYTES})
    answer = client.post("/token/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


UPLOADS = ("/api/documents", "/api/transcripts/", "/api/conversations/1/attachments/file", "/v1/files")


@pytest.fixture
def send(as_user, owner):
    """Send a form as a program and as a page that is signed in by its session: both answers."""

    def to(path, form):
        page = Client()
        page.force_login(owner, backend="backend.accounts.backends.UsernameOrEmailBackend")
        encoded = encode_multipart(BOUNDARY, form)
        return [one.generic("POST", path, encoded, MULTIPART_CONTENT) for one in (as_user(owner), page)]

    return to


def _errors(answers):
    """Status and code of each answer, and whether it says which settings of this server are at fault."""
    bodies = [answer.json() for answer in answers]
    codes = [body.get("code") or body["error"]["code"] for body in bodies]
    assert "DATA_UPLOAD" not in json.dumps(bodies)
    return {(answer.status_code, code) for answer, code in zip(answers, codes, strict=True)}


@pytest.mark.parametrize("path", UPLOADS)
def test_a_form_with_too_many_fields_is_a_problem(send, path):
    assert _errors(send(path, {"title": ["x"] * 1001})) == {(400, "invalid")}


@pytest.mark.parametrize("path", UPLOADS)
def test_a_form_with_too_many_files_is_a_problem(send, path):
    files = [SimpleUploadedFile("a.txt", b"One.") for _ in range(201)]
    assert _errors(send(path, {"file": files})) == {(400, "invalid")}


@pytest.mark.parametrize("path", UPLOADS)
def test_a_form_with_a_huge_field_is_a_problem(send, path):
    assert _errors(send(path, {"title": "x" * (2621440 + 1)})) == {(413, "too_large")}
