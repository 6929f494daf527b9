"""A page outside the product's own code that follows one topic through every outage and keeps the books."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack, suppress
from socket import SHUT_RDWR
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

MAX_FRAME = 8 * 1024 * 1024


class TopicReader(ABC):
    """Follows a topic. `faults` notes each hole and repeat; after a cut it comes back from its last position, and
    `afresh` counts the snapshots it was given instead of what it had missed.
    """

    def __init__(self, url: str, token: str, topic: str) -> None:
        self._url, self._token, self._topic = url, token, topic
        self._position: dict[str, Any] | None = None
        self._socket: ClientConnection | None = None
        self._opened = ExitStack()
        self.afresh = self.connections = 0
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        self.read(lambda: self.afresh > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    @abstractmethod
    def take_snapshot(self, data: dict[str, Any]) -> None:
        """The state of the topic."""

    @abstractmethod
    def take_event(self, event: str, data: dict[str, Any]) -> None:
        """The next event."""

    def read(self, until: Callable[[], bool], seconds: float = 40.0) -> None:
        """Take what comes until that is so, connecting again as often as it needs."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, f"waited in vain: {self}"
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
            self._socket = self._opened.enter_context(connect(self._url, open_timeout=15, max_size=MAX_FRAME))
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
                self.take_snapshot(frame["snapshot"])
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
        self.take_event(frame["event"], frame["data"])
