"""A socket that does what a client must do: sign in, subscribe, resume, and check that nothing is missing."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

OPEN_S: Final = 30.0
ACK_EVERY: Final = 64

Seen = Callable[["Listener", dict[str, Any], float], None]


class Listener:
    """One socket on one topic. `seen` hears each event and when it came. `errors` says what went wrong.

    Without `acks` the server sends as fast as the connection takes it, which needs no trip back and forth.
    """

    def __init__(self, url: str, token: str, topic: str, seen: Seen, *, acks: bool = True) -> None:
        self._url, self._token, self.topic, self._seen = url, token, topic, seen
        self._acks = acks
        self._since: dict[str, Any] | None = None
        self._connection: ClientConnection | None = None
        self.errors: list[str] = []
        self.events = 0
        self.bytes = 0
        self.began = 0.0
        self.resumed = 0

    async def open(self) -> None:
        """Connect and subscribe, from the last position where there is one."""
        self.began = time.time()
        self._connection = await connect(
            self._url, compression=None, open_timeout=OPEN_S, ping_interval=None, max_queue=None
        )
        await self._send({"type": "auth", "token": self._token})
        since = {"since": self._since} if self._since else {}
        await self._send({"id": 1, "type": "subscribe", "topic": self.topic, **since})
        async with asyncio.timeout(OPEN_S):
            while self._take(await self._connection.recv()) != "subscribed":
                pass

    async def listen(self) -> None:
        """Take what comes until the connection ends."""
        assert self._connection is not None
        try:
            while True:
                kind = self._take(await self._connection.recv())
                if self._acks and kind == "event" and self.events % ACK_EVERY == 0:
                    assert self._since is not None
                    await self._send({"type": "ack", "topic": self.topic, "seq": self._since["seq"]})
        except ConnectionClosed:
            return

    def cut(self) -> None:
        """End the connection as a lost network does: no farewell."""
        if self._connection is not None:
            self._connection.transport.abort()

    async def _send(self, frame: dict[str, Any]) -> None:
        assert self._connection is not None
        await self._connection.send(json.dumps(frame))

    def _take(self, text: str | bytes) -> str:
        now = time.time()
        self.bytes += len(text)
        frame = json.loads(text)
        kind = str(frame["type"])
        if kind == "event":
            self._check(frame)
            self._seen(self, frame, now)
        elif kind == "subscribed":
            if self._since and not frame["recovered"]:
                self.errors.append(f"started afresh at {frame['seq']} after {self._since['seq']}")
            self.resumed += frame["recovered"]
            self._since = {"epoch": frame["epoch"], "seq": frame["seq"]}
        elif kind in ("error", "unsubscribed", "disconnect"):
            self.errors.append(str(text))
        return kind

    def _check(self, frame: dict[str, Any]) -> None:
        assert self._since is not None
        expected = self._since["seq"] + 1 + frame.get("skipped", 0)
        if frame["seq"] != expected or frame["epoch"] != self._since["epoch"]:
            self.errors.append(f"got {frame['epoch']}:{frame['seq']} instead of {self._since['epoch']}:{expected}")
        self._since = {"epoch": frame["epoch"], "seq": frame["seq"]}
        self.events += 1
