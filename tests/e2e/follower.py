"""A client outside the product's own code that follows a topic through every outage and keeps the books."""

import asyncio
import json
import threading
from collections import defaultdict
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.e2e.stack import Person, Stack


class Follower:
    """Follows `user:<id>` in a thread. `states` are the jobs as last heard, `ends` the final states in their order.

    Fails on a hole, a repeat or disorder: each event must be the next one, or an explicit snapshot starts afresh.
    """

    def __init__(self, stack: Stack, person: Person) -> None:
        self._url = stack.ws_url
        self._token = stack.token(person)
        self.states: dict[str, dict[str, Any]] = {}
        self.ends: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self.connections = 0
        self.faults: list[str] = []
        self._topic = ""
        self._position: dict[str, Any] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    async def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                async with connect(self._url, open_timeout=15) as socket:
                    self.connections += 1
                    await self._listen(socket)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                await asyncio.sleep(0.2)

    async def _listen(self, socket: ClientConnection) -> None:
        await socket.send(json.dumps({"type": "auth", "token": self._token}))
        while not self._stop.is_set():
            try:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 0.5))
            except TimeoutError:
                continue
            if frame["type"] == "welcome":
                self._topic = f"user:{frame['user']['id']}"
                request = {"id": 1, "type": "subscribe", "topic": self._topic}
                await socket.send(json.dumps({**request, "since": self._position} if self._position else request))
            elif frame["type"] in {"subscribed", "event"}:
                self._take(frame)
            elif frame["type"] in {"error", "disconnect"}:
                return

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "subscribed":
            for job in [] if frame["recovered"] else frame["snapshot"]["jobs"]:
                self._note(job)
        else:
            assert self._position is not None
            expected = self._position["seq"] + 1 + frame.get("skipped", 0)
            if (frame["epoch"], frame["seq"]) != (self._position["epoch"], expected):
                self.faults.append(f"expected {expected}, got {frame['seq']}")
            if frame["event"] == "job":
                self._note(frame["data"])
        self._position = {"epoch": frame["epoch"], "seq": frame["seq"]}

    def _note(self, job: dict[str, Any]) -> None:
        self.states[job["id"]] = job
        end = (job["status"], job["fence"])
        if job["status"] in {"completed", "failed", "cancelled"} and end not in self.ends[job["id"]]:
            self.ends[job["id"]].append(end)
