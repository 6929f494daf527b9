"""nginx.conf, in a real nginx in front of the real server."""

import io
import json
import os
import socket
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.e2e.browser import frozen
from tests.e2e.stack import DEMO, REPOSITORY, Stack, free_port, wait_for
from tests.needs import needs, path_of

pytestmark = [pytest.mark.e2e, needs("nginx")]

MAIN = """\
{user}
daemon off;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{}}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    include {prefix}/stentor.conf;
}}
"""


class Proxy:
    def __init__(self, prefix: Path, stack: Stack) -> None:
        self.prefix = prefix
        self.stack = stack
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        site = (REPOSITORY / "nginx.conf").read_text()
        for shipped, here in (
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("server 127.0.0.1:8000;", f"server 127.0.0.1:{stack.port};"),
            ("/var/log/nginx", str(prefix)),
            ("/opt/stentor/static/", f"{prefix}/static/"),
        ):
            assert shipped in site
            site = site.replace(shipped, here)
        (prefix / "stentor.conf").write_text(site)
        user = "user root;" if os.getuid() == 0 else ""
        (prefix / "nginx.conf").write_text(MAIN.format(prefix=prefix, user=user))
        (prefix / "static").mkdir()
        (prefix / "static" / "hello.js").write_text("export default 1;\n")
        command = [str(path_of("nginx")), "-p", str(prefix), "-c", str(prefix / "nginx.conf")]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        wait_for(self.answers, "nginx listens")

    def answers(self) -> bool:
        assert self.process.poll() is None, self.process.stderr.read()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def access_log(self) -> str:
        return (self.prefix / "stentor.access.log").read_text()

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=10)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Stack(env={"TRUST_PROXY": "1"}) as stack:
        running = Proxy(tmp_path_factory.mktemp("nginx"), stack)
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="module")
def signed_in(proxy: Proxy) -> dict[str, str]:
    return {"Authorization": f"Bearer {proxy.stack.token(DEMO)}"}


def recording(seconds: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000 * seconds))
    return content.getvalue()


def test_a_request_goes_through(proxy: Proxy) -> None:
    assert httpx.get(f"{proxy.base}/health/ready").status_code == 200


async def test_a_socket_goes_through(proxy: Proxy) -> None:
    async with connect(f"ws://127.0.0.1:{proxy.port}/ws/") as client:
        await client.send(json.dumps({"type": "auth", "token": proxy.stack.token(DEMO)}))
        assert json.loads(await client.recv())["user"]["username"] == "demo"


@pytest.fixture
def ticket(proxy: Proxy, signed_in: dict[str, str]) -> str:
    return str(httpx.post(f"{proxy.base}/api/ws-ticket", headers=signed_in).json()["ticket"])


async def test_a_ticket_opens_a_socket_and_stays_out_of_the_log(proxy: Proxy, ticket: str) -> None:
    async with connect(f"ws://127.0.0.1:{proxy.port}/ws/?ticket={ticket}") as client:
        assert json.loads(await client.recv())["type"] == "welcome"
    wait_for(lambda: '"GET /ws/ HTTP/1.1" 101' in proxy.access_log(), "the socket is in the log")
    assert ticket not in proxy.access_log()
    assert "ticket=" not in proxy.access_log()


def test_an_upload_goes_through(proxy: Proxy, signed_in: dict[str, str]) -> None:
    content = recording(seconds=100)
    assert len(content) > 3_000_000
    files = {"file": ("silence.wav", content, "audio/wav")}
    answer = httpx.post(f"{proxy.base}/api/transcripts/", headers=signed_in, files=files, timeout=30)
    assert answer.status_code == 201
    audio = httpx.get(f"{proxy.base}/api/transcripts/{answer.json()['transcript']['id']}/audio", headers=signed_in)
    assert audio.content == content


def test_a_text_that_grows_comes_bit_by_bit(proxy: Proxy, signed_in: dict[str, str]) -> None:
    with (
        frozen(proxy.stack),
        httpx.stream(
            "POST",
            f"{proxy.base}/v1/audio/transcriptions",
            headers=signed_in,
            files={"file": ("silence.wav", recording(seconds=100), "audio/wav")},
            data={"stream": "true"},
            timeout=30,
        ) as answer,
    ):
        # The worker stands still: this can only be what came before the end.
        assert next(answer.iter_lines()) == ": listening"
        assert answer.headers["content-type"] == "text/event-stream"


def test_a_large_body_where_none_is_expected_is_refused(proxy: Proxy, signed_in: dict[str, str]) -> None:
    answer = httpx.post(f"{proxy.base}/api/keys", headers=signed_in, content=b"x" * 3_000_000)
    assert answer.status_code == 413


def test_the_address_of_the_client_cannot_be_made_up(proxy: Proxy) -> None:
    httpx.get(f"{proxy.base}/api/hello", headers={"X-Forwarded-For": "203.0.113.7"})
    wait_for(lambda: "/api/hello" in proxy.stack.log(), "the request is in the server's log")
    assert "203.0.113.7" not in proxy.stack.log()


def test_static_files_come_from_disk_without_a_listing(proxy: Proxy) -> None:
    answer = httpx.get(f"{proxy.base}/static/hello.js")
    assert answer.text == "export default 1;\n"
    assert "javascript" in answer.headers["content-type"]
    assert httpx.get(f"{proxy.base}/static/").status_code == 403


def test_sign_in_is_slowed_down(proxy: Proxy) -> None:
    with httpx.Client() as client:
        codes = {client.get(f"{proxy.base}/token/").status_code for _ in range(40)}
    assert 429 in codes
