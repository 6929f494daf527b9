"""A client for the terminal: uploads a recording and follows its job, as a browser does, over the same
socket.
"""

import asyncio
import http.client
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ANSWER_WITHIN_S: Final = 30.0
# The server sends something at least every 20 seconds.
SILENT_FOR_S: Final = 60.0
MAX_FAILURES: Final = 12
LONGEST_WAIT_S: Final = 15.0
BLOCK: Final = 256 * 1024
STAY_AWAY: Final = range(4400, 4500)
ENDED: Final = frozenset({"completed", "failed", "cancelled"})


class Refused(Exception):  # the server's answer, in its words
    """The server said no, or cannot be reached."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to go, and who asks. `token` gives a valid access token each time."""

    url: str
    token: Callable[[], str]

    def upload(self, path: Path, options: dict[str, str]) -> dict[str, Any]:
        """Send a recording: `{"transcript", "job"}`."""
        boundary = token_hex(16)
        head, tail = _form_around(path.name, options, boundary)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
        }
        return self._call("POST", "/api/transcripts/", _body(head, path, tail), headers)

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._call("POST", f"/api/jobs/{job_id}/cancel", b"{}", {"Content-Type": "application/json"})

    @property
    def socket_url(self) -> str:
        parts = urlsplit(self.url)
        return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/ws/"

    def _call(self, method: str, path: str, body: bytes | Iterator[bytes], headers: dict[str, str]) -> dict[str, Any]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=ANSWER_WITHIN_S)
        try:
            connection.request(method, path, body, {**headers, "Authorization": f"Bearer {self.token()}"})
            answer = connection.getresponse()
            data = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException) as error:
            raise Refused(f"{self.url} does not answer: {error}") from error
        except ValueError as error:
            raise Refused(f"{self.url} does not answer like a Stentor server.") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise Refused(str(data.get("detail", f"The server answered {answer.status}.")))
        return dict(data)


@dataclass(slots=True)
class Follower:
    """Follows a job and its transcript to the end, through lost connections, each event once.

    `show_job` gets every state of the job, `show_segment` every piece of text once and in order; `whole` is the
    transcript after that.
    """

    server: Server
    job_id: str
    transcript_id: str
    show_job: Callable[[dict[str, Any]], None]
    show_segment: Callable[[dict[str, Any]], None]
    show_line: Callable[[str], None] = lambda _: None
    job: dict[str, Any] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)
    _since: dict[str, dict[str, Any]] = field(default_factory=dict)
    _shown: int = 0
    _failures: int = 0

    async def run(self) -> dict[str, Any]:
        """The job in its last state. Raises `Refused` where the server sends us away or cannot be reached."""
        while self.job.get("status") not in ENDED:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    socket = await connect(self.server.socket_url)
                async with socket:
                    await self._follow(socket)
            except (ConnectionClosed, InvalidHandshake, OSError, TimeoutError) as error:
                await self._wait_after(error)
        return self.job

    async def _follow(self, socket: ClientConnection) -> None:
        await self._sign_in(socket)
        for ident, topic in enumerate((f"job:{self.job_id}", f"transcript:{self.transcript_id}"), start=1):
            since = {"since": self._since[topic]} if topic in self._since else {}
            await _send(socket, {"id": ident, "type": "subscribe", "topic": topic, **since})
        while self.job.get("status") not in ENDED:
            await self._take(socket, await _receive(socket))
        await self._fetch_rest(socket)

    async def _sign_in(self, socket: ClientConnection) -> None:
        # In a thread: a token may come from the database.
        await _send(socket, {"type": "auth", "token": await asyncio.to_thread(self.server.token)})

    async def _take(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "subscribed":
                self._failures = 0
                self._since[frame["topic"]] = {"epoch": frame["epoch"], "seq": frame["seq"]}
                self._snapshot(frame["topic"], frame["snapshot"])
            case "event":
                self._since[frame["topic"]] = {"epoch": frame["epoch"], "seq": frame["seq"]}
                self._event(frame)
            case "auth_expiring":
                await self._sign_in(socket)
            case "error":
                raise Refused(frame["message"])
            case "unsubscribed":
                raise Refused(frame.get("message") or "The transcript can no longer be read.")

    def _event(self, frame: dict[str, Any]) -> None:
        match frame["event"]:
            case "segment":
                self._segment(frame["data"])
            case "status" | "progress" | "rank":
                self._job(frame["data"])
            case "deleted":
                raise Refused("The transcript was deleted.")

    def _snapshot(self, topic: str, data: dict[str, Any] | None) -> None:
        if not data:
            return
        if topic.startswith("job:"):
            self._job(data)
        for segment in data.get("segments", []):
            self._segment(segment)

    def _job(self, data: dict[str, Any]) -> None:
        self.job = data
        self.show_job(data)

    def _segment(self, segment: dict[str, Any]) -> None:
        if segment["id"] > self._shown:
            self._shown = segment["id"]
            self.show_segment(segment)

    async def _fetch_rest(self, socket: ClientConnection) -> None:
        """The end of the job may arrive before the last text: they are two topics."""
        await _send(socket, {"id": "rest", "type": "transcript.get", "data": {"transcript_id": self.transcript_id}})
        while (frame := await _receive(socket)).get("id") != "rest":
            if frame["type"] == "event":
                self._event(frame)
        if frame["type"] == "reply":
            self.whole = frame["data"]
            self._snapshot("", self.whole)

    async def _wait_after(self, error: Exception) -> None:
        code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 0
        self._failures += 1
        if code in STAY_AWAY or self._failures > MAX_FAILURES:
            raise Refused(f"The connection to {self.server.url} was lost: {error}") from error
        delay = random.uniform(0.1, min(LONGEST_WAIT_S, 0.5 * 2**self._failures))  # noqa: S311 (spreads load)
        self.show_line(f"The connection was lost; trying again in {delay:.1f} s.")
        await asyncio.sleep(delay)


async def _send(socket: ClientConnection, frame: dict[str, Any]) -> None:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        await socket.send(json.dumps(frame))


async def _receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(SILENT_FOR_S):
        return dict(json.loads(await socket.recv()))


def _form_around(name: str, options: dict[str, str], boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after the file in a multipart body."""
    fields = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in options.items()
    )
    safe = name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\n'
    head = f"{fields}{file}Content-Type: application/octet-stream\r\n\r\n"
    return head.encode(), f"\r\n--{boundary}--\r\n".encode()


def _body(head: bytes, path: Path, tail: bytes) -> Iterator[bytes]:
    yield head
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
    yield tail
