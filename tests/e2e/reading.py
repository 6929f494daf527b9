"""A page outside the product's own code that writes down an answer while it comes, through every outage."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from socket import SHUT_RDWR
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.e2e.stack import Stack

MAX_FRAME = 8 * 1024 * 1024


class Chatter:
    """One person, by REST."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack = stack
        self.person = stack.create_user(name)
        self.token = stack.token(self.person)

    def call(self, method: str, path: str, data: dict[str, Any] | None = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {} if method == "GET" else {"json": data or {}}
        answer = httpx.request(method, f"{self.stack.url}{path}", headers=headers, timeout=20, **body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ask(self, content: str) -> int:
        """Begin a conversation; its id."""
        return int(self.call("POST", "/start_conversation/", {"content": content}, status=201)["id"])

    def stored(self, conversation: int) -> dict[str, Any]:
        """The last message of a conversation, as REST gives it."""
        return dict(self.call("GET", f"/api/conversations/{conversation}")["messages"][-1])

    def order(self, word: str, message: int) -> dict[str, Any]:
        """`stop` or `continue` an answer."""
        return dict(self.call("POST", f"/api/messages/{message}/{word}"))


class Reading:
    """Follows a conversation and keeps `text` and `message` of its last message as a page does.

    `faults` notes each hole and repeat, and each piece beyond the end unless it was given a second snapshot. After a
    cut it comes back from its last position; `afresh` counts the snapshots it was given instead of what it had missed.
    """

    def __init__(self, chatter: Chatter, conversation: int) -> None:
        self._url, self._token = chatter.stack.ws_url, chatter.token
        self._topic = f"conversation:{conversation}"
        self._position: dict[str, Any] | None = None
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()
        self.text = ""
        self.message: dict[str, Any] = {}
        self.pieces = 0
        self.afresh = self.connections = 0
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        self.read(lambda: bool(self.message))
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    @property
    def has_ended(self) -> bool:
        return bool(self.message) and self.message["response"]["status"] != "Generating"

    def to_end(self, seconds: float = 40.0) -> dict[str, Any]:
        """Read until the answer has ended; its message."""
        self.read(lambda: self.has_ended, seconds)
        return self.message

    def read(self, until: Callable[[], bool], seconds: float = 40.0) -> None:
        """Take what comes until that is so, connecting again as often as it needs."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"waited in vain; {self.message}, {len(self.text)} characters"
            try:
                self._take(json.loads(self._connected().recv(1)))
            except TimeoutError:
                continue
            except (ConnectionClosed, InvalidHandshake, OSError):
                self.cut()
                time.sleep(0.1)

    def cut(self) -> None:
        """Lose the connection, without a farewell."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(SHUT_RDWR)
        self._opened.close()

    def _connected(self) -> ClientConnection:
        if self._socket is None:
            self._socket = self._opened.enter_context(connect(self._url, open_timeout=5, max_size=MAX_FRAME))
            self.connections += 1
            since = {"since": self._position} if self._position else {}
            self._socket.send(json.dumps({"type": "auth", "token": self._token}))
            self._socket.send(json.dumps({"id": 1, "type": "subscribe", "topic": self._topic, **since}))
        return self._socket

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "subscribed":
            self._position = {"epoch": frame["epoch"], "seq": frame["seq"]}
            if not frame["recovered"]:
                self.afresh += 1
                self._note(frame["snapshot"]["messages"][-1])
        elif frame["type"] == "event":
            self._follow(frame)
        elif frame["type"] in {"error", "disconnect"}:
            self.faults.append(json.dumps(frame))

    def _follow(self, frame: dict[str, Any]) -> None:
        assert self._position is not None
        expected = {"epoch": self._position["epoch"], "seq": self._position["seq"] + 1 + frame.get("skipped", 0)}
        self._position = {"epoch": frame["epoch"], "seq": frame["seq"]}
        if self._position != expected:
            self.faults.append(f"{self._position} instead of {expected}")
        data = frame["data"]
        if frame["event"] == "message" and data["response"] and data["id"] >= self.message["id"]:
            self._note(data)
        elif frame["event"] == "delta" and data["message"] == self.message["id"]:
            self._add(data["offset"], data["text"])

    def _add(self, offset: int, piece: str) -> None:
        if offset > len(self.text):
            if self.afresh == 1:
                self.faults.append(f"a piece at {offset}, beyond {len(self.text)}")
            return
        self.text = self.text[:offset] + piece
        self.pieces += bool(piece)

    def _note(self, message: dict[str, Any]) -> None:
        has_ended = message["response"] and message["response"]["status"] != "Generating"
        # What was read piece by piece is what is stored: nothing is put right at the end.
        if has_ended and self.pieces and not message["content"].startswith(self.text):
            self.faults.append(f"ends with {message['content'][-60:]!r} after {self.text[-60:]!r} was read")
        self.message, self.text = message, message["content"]
