"""The recording in ranges, under WSGI and ASGI."""

import asyncio
from contextlib import ExitStack

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler

from backend.speech.models import Transcript
from tests.speech.conftest import RECORDING

database = [pytest.mark.django_db(transaction=True), pytest.mark.database]
CONTENT = RECORDING.read_bytes()
SIZE = len(CONTENT)


@pytest.fixture
def ident(upload, owner, tiny_whisper) -> str:
    return upload(owner)["transcript"]["id"]


@pytest.fixture
def fetch(as_user, owner, ident):
    with ExitStack() as answers:

        def get(**headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = as_user(owner).get(f"/api/transcripts/{ident}/audio", headers=named)
            answers.callback(answer.close)
            return answer

        yield get


class TestOverHttp:
    pytestmark = database

    def test_the_whole_recording_comes_with_its_type(self, fetch):
        answer = fetch()

        assert answer.status_code == 200
        assert answer.getvalue() == CONTENT
        assert answer["Content-Type"] == "audio/flac"
        assert answer["Content-Length"] == str(SIZE)
        assert answer["Accept-Ranges"] == "bytes"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Disposition"].startswith("inline")

    @pytest.mark.parametrize(
        ("header", "start", "end"),
        [
            ("bytes=0-99", 0, 100),
            ("bytes=100-", 100, SIZE),
            ("bytes=-50", SIZE - 50, SIZE),
            ("bytes=5-99999999", 5, SIZE),
        ],
    )
    def test_a_range_is_answered_with_that_part(self, fetch, header, start, end):
        answer = fetch(Range=header)

        assert answer.status_code == 206
        assert answer.getvalue() == CONTENT[start:end]
        assert answer["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
        assert answer["Content-Length"] == str(end - start)

    @pytest.mark.parametrize("header", [f"bytes={SIZE}-", "bytes=-0"])
    def test_a_range_behind_the_end_is_refused(self, fetch, header):
        answer = fetch(Range=header)

        assert answer.status_code == 416
        assert answer["Content-Range"] == f"bytes */{SIZE}"

    @pytest.mark.parametrize("header", ["bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=-", "bytes=a-b"])
    def test_a_range_that_is_not_understood_is_ignored(self, fetch, header):
        assert fetch(Range=header).status_code == 200

    def test_a_range_of_another_version_gets_the_whole(self, fetch):
        tag = fetch()["ETag"]

        assert fetch(Range="bytes=0-9", If_Range=tag).status_code == 206
        assert fetch(Range="bytes=0-9", If_Range='"another"').status_code == 200

    def test_what_a_player_has_already_is_not_sent_again(self, fetch):
        tag = fetch()["ETag"]

        for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = fetch(If_None_Match=header, Range="bytes=0-9")
            assert answer.status_code == 304
            assert answer["ETag"] == tag
            assert answer.content == b""
        assert fetch(If_None_Match='"other"').status_code == 200

    def test_a_recording_that_is_gone_is_not_found(self, fetch, ident):
        Transcript.objects.get(pk=ident).source.unlink()

        assert fetch().status_code == 404

    def test_a_player_that_accepts_only_audio_is_answered(self, fetch):
        assert fetch(Accept="audio/*").status_code == 200

    def test_head_tells_the_length(self, as_user, owner, ident):
        answer = as_user(owner).head(f"/api/transcripts/{ident}/audio")

        assert answer["Content-Length"] == str(SIZE)
        assert answer.content == b""

    async def test_under_asgi_the_same_bytes_come(self, token, ident, live_loop):
        server = ApplicationCommunicator(ASGIHandler(), scope(token, ident))
        await server.send_input({"type": "http.request", "body": b""})
        start = await server.receive_output(timeout=10)
        body = b""
        while (part := await server.receive_output(timeout=10)).get("more_body"):
            body += part["body"]
        await server.wait()

        assert start["status"] == 206
        assert body + part.get("body", b"") == CONTENT[10:]

    async def test_a_listener_that_leaves_leaves_no_open_file(self, token, ident, live_loop):
        server = ApplicationCommunicator(ASGIHandler(), scope(token, ident))
        await server.send_input({"type": "http.request", "body": b""})
        await server.receive_output(timeout=10)
        await server.send_input({"type": "http.disconnect"})
        async with asyncio.timeout(10):
            await server.wait()


def scope(token: str, ident: str) -> dict:
    return {
        "type": "http",
        "method": "GET",
        "path": f"/api/transcripts/{ident}/audio",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"range", b"bytes=10-"),
        ],
    }
