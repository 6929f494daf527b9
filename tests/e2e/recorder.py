"""A program that speaks: sends a recording in numbered frames, keeps what is not acknowledged, and comes back."""

import asyncio
import contextlib
import json
from typing import Any, Final, Self

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

RATE: Final = 16_000


class Recorder:
    """`pace` is how many times as fast as people speak; 0: as fast as the window of `ready` allows."""

    def __init__(
        self,
        url: str,
        token: str,
        samples: np.ndarray,
        *,
        pace: float = 0.0,
        frame_s: float = 0.1,
        session: str | None = None,
        **options: Any,
    ) -> None:
        self._url, self._token, self._options = f"{url}transcribe/", token, options
        self._pace, self._frame_s = pace, frame_s
        step = int(frame_s * RATE)
        pcm = samples.astype("<i2").tobytes()
        self.frames = [pcm[at : at + 2 * step] for at in range(0, len(pcm), 2 * step)]
        self.session = session
        self.acked = -1
        self.finals: dict[int, dict[str, Any]] = {}
        self.doubled: list[int] = []
        self.heard: list[dict[str, Any]] = []
        self.ready: dict[str, Any] = {}
        self.closed: dict[str, Any] | None = None
        self._next = 0
        self._end = 0
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    @property
    def text(self) -> str:
        return " ".join(self.finals[number]["text"] for number in sorted(self.finals))

    def frames_of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == kind]

    async def connect(self) -> None:
        """Begin, or come back to the same recording; returns when the server is ready."""
        self._socket = await connect(self._url, max_size=None, open_timeout=20)
        await self.send({"type": "auth", "token": self._token})
        start = {"type": "start", "after": max(self.finals, default=0), **self._options}
        if self.session:
            start["session"] = self.session
        await self.send(start)
        self.ready = {}
        faults = len(self.errors)
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.until(lambda: bool(self.ready or self.closed or self.errors[faults:]), "the server is ready")
        if self.ready:
            self.session = self.ready["session"]
            self._next = self.ready["next_seq"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.frames_of("error")

    async def speak(self, until_s: float | None = None) -> None:
        """Send frames up to that time of the recording, or all; comes back by itself where the line is lost."""
        self._end = len(self.frames) if until_s is None else min(len(self.frames), int(until_s / self._frame_s))
        while self._next < self._end:
            await self.until(lambda: self._next <= self.acked + self.ready["limits"]["window"], "the window opens")
            number = self._next
            try:
                await self.send_frame(number, self.frames[number])
            except ConnectionClosed:
                await self._come_back()
                continue
            if self._next == number:
                self._next += 1
            if self._pace:
                await asyncio.sleep(self._frame_s / self._pace)
            elif number % 20 == 19:
                await asyncio.sleep(0)

    async def _come_back(self) -> None:
        """Try until the server is there again."""
        async with asyncio.timeout(60):
            while True:
                await self.cut()
                with contextlib.suppress(OSError, WebSocketException):
                    await self.connect()
                    if self.ready:
                        return
                await asyncio.sleep(0.5)

    async def send_frame(self, number: int, sound: bytes) -> None:
        assert self._socket is not None
        await self._socket.send(number.to_bytes(4, "little") + sound)

    async def send(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def cut(self) -> None:
        """Lose the line, without a word."""
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def stop(self, within_s: float = 60.0, **options: Any) -> dict[str, Any]:
        """Say that this was all; the summary."""
        while self.acked < self._end - 1:
            await self.until(lambda: self.acked >= self._end - 1 or self._next < self._end, "all is stored")
            # Some of it was refused for having come too fast.
            await self.speak(self._end * self._frame_s)
        await self.send({"type": "stop", **options})
        await self.until(lambda: self.closed is not None, "the recording is closed", within_s)
        assert self.closed is not None
        return dict(self.closed["summary"])

    async def until(self, ask: Any, what: str, within_s: float = 60.0) -> None:
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(ask)
        except TimeoutError:
            raise AssertionError(f"waited in vain: {what}; heard {self.heard[-5:]}") from None

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                frame = json.loads(text)
                async with self._changed:
                    self._take(frame)
                    self._changed.notify_all()

    def _take(self, frame: dict[str, Any]) -> None:
        self.heard.append(frame)
        match frame["type"]:
            case "ready":
                self.ready = frame
            case "ack":
                self.acked = max(self.acked, frame["seq"])
            case "final":
                self.doubled += [frame["id"]] if frame["id"] in self.finals else []
                self.finals[frame["id"]] = frame
            case "error" if frame.get("next_seq") is not None:
                self._next = frame["next_seq"]
            case "closed":
                self.closed = frame
