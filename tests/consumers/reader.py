"""A client that keeps the promise to account: every event once, in order, or an explicit snapshot."""

from typing import Any

from tests.consumers.client import Socket


class Reader:
    """Follows one topic; `check` fails on a hole, a repeat or disorder. `numbers` are the `n` of the events' data."""

    def __init__(self, socket: Socket, topic: str) -> None:
        self._socket, self._topic = socket, topic
        self.epoch, self.seq = "", 0
        self.numbers: list[int] = []
        self.snapshots: list[dict[str, Any]] = []

    async def start(self, since: dict[str, Any] | None = None) -> None:
        self.take(await self._socket.subscribe(self._topic, since))

    async def until(self, number: int) -> None:
        """Read until the event with this number has come."""
        while number not in self.numbers:
            frame = await self._socket.next()
            assert frame["type"] in {"event", "subscribed"}, frame
            if frame["topic"] == self._topic:
                self.take(frame)

    async def until_snapshot(self) -> dict[str, Any]:
        count = len(self.snapshots)
        while len(self.snapshots) == count:
            self.take(await self._socket.until("event", "subscribed"))
        return self.snapshots[-1]

    def take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "subscribed":
            self.epoch, self.seq = frame["epoch"], frame["seq"]
            if not frame["recovered"]:
                self.snapshots.append(frame["snapshot"])
            return
        assert frame["epoch"] == self.epoch
        assert frame["seq"] == self.seq + 1 + frame.get("skipped", 0)
        self.seq = frame["seq"]
        if "n" in frame["data"]:
            self.numbers.append(frame["data"]["n"])

    @property
    def position(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "seq": self.seq}
