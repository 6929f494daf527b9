"""Somebody who speaks a recording into `/ws/transcribe/` in real time, and reads along."""

import asyncio
import json
import time
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from backend.engines.listening import Final as Piece
from backend.engines.listening import LiveWord, Output, Partial
from bench.harness.bare_listening import RATE, Reading, Recording

FRAME_S: Final = 0.1
READY_S: Final = 30.0
END_S: Final = 60.0


class Speaker:
    """`reading` and `behind_s` (the largest lag that was told) are there after `speak`."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = f"{url}transcribe/", token
        self.reading = Reading()
        self.behind_s = 0.0
        self.errors: list[str] = []
        self._began = 0.0
        self._spoken_s = 0.0

    async def speak(self, recording: Recording) -> None:
        """Each frame is sent at the moment when a microphone would have it complete."""
        async with connect(self._url, max_size=None, compression=None, ping_interval=None) as socket:
            await socket.send(json.dumps({"type": "auth", "token": self._token}))
            await socket.send(json.dumps({"type": "start", "language": "en"}))
            async with asyncio.timeout(READY_S):
                while json.loads(await socket.recv())["type"] != "ready":
                    pass
            reading = asyncio.create_task(self._read(socket))
            await self._send(socket, recording)
            await socket.send(json.dumps({"type": "stop"}))
            async with asyncio.timeout(END_S):
                await reading

    async def _send(self, socket: ClientConnection, recording: Recording) -> None:
        size = int(FRAME_S * RATE)
        self._began = time.perf_counter()
        for number, at in enumerate(range(0, len(recording.samples), size)):
            piece = recording.samples[at : at + size]
            due = self._began + (at + len(piece)) / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await socket.send(number.to_bytes(4, "little") + piece.astype("<i2").tobytes())
            self._spoken_s = (at + len(piece)) / RATE

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            at = time.perf_counter() - self._began
            frame = json.loads(text)
            match frame["type"]:
                case "partial" | "final":
                    self.reading.take(_output(frame), at)
                case "lag":
                    self.behind_s = max(self.behind_s, self._spoken_s - frame["processed_s"])
                case "error":
                    self.errors.append(str(frame))
                case "closed":
                    return


def _output(frame: dict[str, Any]) -> Output:
    is_final = frame["type"] == "final"
    words = tuple(
        LiveWord(f" {word['w']}", word["s"], word["e"], word["p"], settled=is_final or word["settled"])
        for word in frame["words"]
    )
    return Piece(words) if is_final else Partial(words)
