"""A WebSocket server that speaks the protocol of `/ws/`, and does only what a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 10.0


class Peer:
    """One connection, seen from the server."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1000)
        self.gone = asyncio.Event()
        self.sound: list[tuple[int, bytes]] = []
        self._heard = asyncio.Condition()

    @property
    def path(self) -> str:
        assert self._connection.request is not None
        return self._connection.request.path

    async def read(self) -> None:
        try:
            async for message in self._connection:
                if isinstance(message, bytes):
                    await self._hear(message)
                else:
                    self._frames.put_nowait(json.loads(message))
        except ConnectionClosed:
            pass
        finally:
            self.gone.set()

    async def _hear(self, message: bytes) -> None:
        async with self._heard:
            self.sound.append((int.from_bytes(message[:4], "little"), message[4:]))
            self._heard.notify_all()

    async def heard(self, count: int) -> list[int]:
        """Wait for so many binary frames; the numbers of all that have come."""
        async with asyncio.timeout(PATIENCE_S), self._heard:
            await self._heard.wait_for(lambda: len(self.sound) >= count)
        return [number for number, _ in self.sound]

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others before it are passed over."""
        async with asyncio.timeout(PATIENCE_S):
            while (frame := await self._frames.get())["type"] != kind:
                pass
        return frame

    def waiting(self) -> list[dict[str, Any]]:
        """What has come and nobody has taken."""
        return [self._frames.get_nowait() for _ in range(self._frames.qsize())]

    async def say(self, text: str) -> None:
        await self._connection.send(text)

    async def send(self, kind: str, **fields: Any) -> None:
        await self.say(json.dumps({"type": kind, **fields}))

    async def welcome(self, heartbeat: float = 20) -> None:
        user = {"id": 1, "username": "owner"}
        await self.send("welcome", user=user, expires_in=300, heartbeat=heartbeat, server="scripted", limits={})

    async def begin(self, next_seq: int = 0, window: int = 600) -> dict[str, Any]:
        """Welcome a recording and be ready for it; its `start`."""
        await self.welcome()
        start = await self.next("start")
        limits = {"frame_bytes": 65536, "window": window, "idle_s": 60, "session_s": 3600}
        engine = {"name": "scripted", "model": "", "reason": ""}
        await self.send("ready", id=start["id"], session="s", transcript="s", engine=engine, limits=limits,
                        next_seq=next_seq)  # fmt: skip
        return start

    async def subscribed(self, ask: dict[str, Any], seq: int, snapshot: object = None, epoch: str = "e") -> None:
        """Answer a `subscribe`: by recovery, or by a snapshot if one is given."""
        await self.send(
            "subscribed", id=ask["id"], topic=ask["topic"], epoch=epoch, seq=seq,
            recovered=snapshot is None, snapshot=snapshot,
        )  # fmt: skip

    async def events(self, *numbers: int, topic: str = "job:1", epoch: str = "e", skipped: int = 0) -> None:
        for seq in numbers:
            await self.send(
                "event", topic=topic, epoch=epoch, seq=seq, event="progress", data={"done": seq},
                at="2026-01-01T00:00:00Z", skipped=skipped,
            )  # fmt: skip

    async def close(self, code: int, *, said: bool = True, after_ms: int = 0) -> None:
        if said:
            await self.send("disconnect", code=code, reason="scripted", reconnect=code < 4400, after_ms=after_ms)
        await self._connection.close(code, "scripted")

    def cut(self) -> None:
        """Let the connection vanish as a network does: without a goodbye."""
        self._connection.transport.abort()


class ScriptedServer:
    def __init__(self) -> None:
        self._peers: asyncio.Queue[Peer] = asyncio.Queue(100)
        self._server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    async def start(self) -> None:
        """Listen; after `stop` on the same port."""
        self._server = await serve(self._handle, "127.0.0.1", self.port, ping_interval=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def peer(self) -> Peer:
        """The next connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._peers.get()

    async def welcomed(self, heartbeat: float = 20) -> Peer:
        peer = await self.peer()
        await peer.welcome(heartbeat)
        return peer

    @property
    def unexpected(self) -> int:
        """Connections that nobody has asked for."""
        return self._peers.qsize()

    async def _handle(self, connection: ServerConnection) -> None:
        peer = Peer(connection)
        self._peers.put_nowait(peer)
        await peer.read()


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
