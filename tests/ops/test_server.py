"""The server process: what it adds to Daphne, seen by a real client over a real connection."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.ops.asgi_app import FLOOD_FRAME, MAX_BODY

pytestmark = pytest.mark.e2e


class Running:
    def __init__(self, port: int) -> None:
        command = [sys.executable, "-m", "tests.ops.asgi_app", str(port)]
        self.port = port
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "listening\n"

    def ws(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def http(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def count(self, name: str) -> int:
        return int(httpx.get(self.http("/")).json()[name])

    def memory_mb(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss / 1024**2)

    async def settled(self, name: str) -> int:
        """The counter once it has stopped growing."""
        before, now = -1, await asyncio.to_thread(self.count, name)
        while now != before or now == 0:
            await asyncio.sleep(0.3)
            before, now = now, await asyncio.to_thread(self.count, name)
        return now


@pytest.fixture
def server() -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Running(port)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


async def test_a_client_that_does_not_read_pauses_the_sender(server: Running) -> None:
    before = server.memory_mb()
    async with connect(server.ws("/flood"), close_timeout=0.1, max_queue=1, max_size=None):
        sent = await server.settled("flooded")
        assert 0 < sent < 500, "the application should wait long before its 4,000 frames are out"
        assert server.memory_mb() - before < 30


async def test_a_paused_sender_goes_on_when_its_client_reads(server: Running) -> None:
    async with connect(server.ws("/flood"), close_timeout=0.1, max_queue=1) as client:
        await server.settled("flooded")
        frames = [frame async for _, frame in _take(client, 4000)]
        assert len(frames) == 4000
        assert all(frame == FLOOD_FRAME for frame in frames)


async def _take(client, number):
    for index in range(number):
        yield index, await client.recv()


async def test_a_paused_sender_ends_with_its_connection(server: Running) -> None:
    async with connect(server.ws("/flood"), close_timeout=0.1, max_queue=1) as client:
        await server.settled("flooded")
        client.transport.abort()
    async with connect(server.ws("/echo")) as other:
        await other.send("still here")
        assert await other.recv() == "still here"


async def test_other_clients_do_not_wait_for_one_that_does_not_read(server: Running) -> None:
    async with (
        connect(server.ws("/flood"), close_timeout=0.1, max_queue=1),
        connect(server.ws("/echo")) as other,
    ):
        await server.settled("flooded")
        async with asyncio.timeout(10):
            await other.send("hello")
            assert await other.recv() == "hello"


async def test_a_download_waits_for_its_reader(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert 0 < await server.settled("flooded") < 400


async def test_a_client_that_sends_faster_than_the_application_reads_is_paused(server: Running) -> None:
    before = server.memory_mb()
    async with connect(server.ws("/deaf"), close_timeout=0.1, write_limit=1024) as client:
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                for _ in range(3000):
                    await client.send(FLOOD_FRAME)
                pytest.fail("the server took everything")
        assert server.memory_mb() - before < 30
        client.transport.abort()


async def test_the_close_code_and_reason_reach_the_client(server: Running) -> None:
    async with connect(server.ws("/reason")) as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4401, "sign in again")


async def test_empty_and_large_frames_reach_the_client(server: Running) -> None:
    async with connect(server.ws("/empty"), max_size=None) as client:
        assert await client.recv() == ""
        assert await client.recv() == b""
        assert len(await client.recv()) == 2_000_000


async def test_a_frame_over_the_limit_closes_the_connection(server: Running) -> None:
    async with connect(server.ws("/echo"), max_size=None) as client:
        await client.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009


def test_an_upload_is_handed_on_in_pieces(server: Running) -> None:
    body = os.urandom(3_000_000)
    answer = httpx.post(server.http("/upload"), content=body).json()
    assert answer["size"] == len(body)
    assert answer["largest_chunk"] <= 262_144


def test_an_upload_in_chunks_of_unknown_length_is_handed_on(server: Running) -> None:
    assert httpx.post(server.http("/upload"), content=iter([b"a" * 10, b"b" * 5])).json()["size"] == 15


def test_an_upload_over_the_limit_is_answered_with_413(server: Running) -> None:
    answer = httpx.post(server.http("/upload"), content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_an_upload_without_end_is_cut_off(server: Running) -> None:
    piece = b"x" * 1_000_000
    with pytest.raises(httpx.TransportError):
        httpx.post(server.http("/upload"), content=(piece for _ in range(1000)))


async def test_sigterm_says_goodbye_to_every_client_and_ends_the_process(server: Running) -> None:
    async with connect(server.ws("/echo")) as first, connect(server.ws("/echo")) as second:
        server.process.send_signal(signal.SIGTERM)
        for client in (first, second):
            assert await client.recv() == "disconnect"
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (1012, "restarting")
    assert server.process.wait(timeout=15) == 0


async def test_sigterm_ends_the_process_within_bounds_when_a_client_stays(server: Running) -> None:
    async with connect(server.ws("/deaf"), close_timeout=0.1) as client:
        await client.send("one")
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, 8) == 0
