"""Somebody who asks and writes the answer down: through Stentor's socket, or of the chat server itself."""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect

OPEN_S: Final = 30.0
TOKEN: Final = re.compile(r" (\d+)@([\d.]+)")


@dataclass
class Notes:
    """An answer as it was read: `late` has the seconds from the sending of each token to its arrival."""

    text: str = ""
    late: list[float] = field(default_factory=list)
    pieces: int = 0
    _read: int = 0

    def add(self, piece: str, now: float) -> None:
        self.text += piece
        self.pieces += bool(piece)
        for token in TOKEN.finditer(self.text, self._read):
            self.late.append(now - float(token[2]))
            self._read = token.end()

    def fault(self, tokens: int) -> str:
        """What is missing, repeated or out of order."""
        numbers = [int(token[1]) for token in TOKEN.finditer(self.text)]
        return "" if numbers == list(range(tokens)) else f"{len(numbers)} tokens of {tokens}, or out of order"


class Talker:
    """One person with a socket and an empty conversation."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._id = 0
        self._socket: ClientConnection | None = None
        self._conversation = 0
        self._seq = 0
        self.errors: list[str] = []

    async def open(self) -> None:
        self._socket = await connect(self._url, compression=None, open_timeout=OPEN_S, ping_interval=None)
        await self._send({"type": "auth", "token": self._token})
        made = await self._ask({"type": "chat.create", "data": {}}, "reply")
        self._conversation = made["data"]["id"]
        joined = await self._ask({"type": "subscribe", "topic": f"conversation:{self._conversation}"}, "subscribed")
        self._seq = joined["seq"]

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def talk(self, tokens: int, per_second: float) -> Notes:
        """Ask, and read to the end; what was read must be what is stored."""
        data = {"conversation_id": self._conversation, "content": f"{tokens} {per_second}"}
        self._id += 1
        await self._send({"id": self._id, "type": "chat.send", "data": data})
        notes = Notes()
        while not self._take(await self._next(), notes):
            pass
        self.errors += [fault] if (fault := notes.fault(tokens)) else []
        return notes

    def _take(self, frame: dict[str, Any], notes: Notes) -> bool:
        """Note what a frame says; whether the answer has ended with it."""
        now = time.time()
        if frame["type"] in ("error", "disconnect", "unsubscribed"):
            raise RuntimeError(f"instead of an answer came {frame}")
        if frame["type"] != "event":
            return False
        if frame["seq"] != self._seq + 1:
            self.errors.append(f"got {frame['seq']} after {self._seq}")
        self._seq, data = frame["seq"], frame["data"]
        if frame["event"] == "delta":
            if data["offset"] != len(notes.text):
                self.errors.append(f"a piece for {data['offset']} after {len(notes.text)}")
            notes.add(data["text"], now)
        return frame["event"] == "message" and self._has_ended(data, notes)

    def _has_ended(self, message: dict[str, Any], notes: Notes) -> bool:
        response = message["response"]
        if response is None or response["status"] == "Generating":
            return False
        if (response["finish_reason"], message["content"]) != ("stop", notes.text):
            self.errors.append(f"ended by {response['finish_reason']!r}; what is stored is not what was read")
        return True

    async def _ask(self, frame: dict[str, Any], kind: str) -> dict[str, Any]:
        self._id += 1
        await self._send({"id": self._id, **frame})
        while (answer := await self._next())["type"] != kind:
            if answer["type"] == "error":
                raise RuntimeError(f"{frame['type']} was answered by {answer}")
        return answer

    async def _send(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame))

    async def _next(self) -> dict[str, Any]:
        assert self._socket is not None
        frame: dict[str, Any] = json.loads(await self._socket.recv())
        return frame


async def talk_directly(url: str, tokens: int, per_second: float) -> Notes:
    """The same answer from the chat server itself, line by line."""
    question = {"model": "bench", "messages": [{"role": "user", "content": f"{tokens} {per_second}"}], "stream": True}
    notes = Notes()
    async with (
        httpx.AsyncClient(timeout=OPEN_S) as client,
        client.stream("POST", f"{url}/chat/completions", json=question) as response,
    ):
        async for line in response.aiter_lines():
            now = time.time()
            if line.startswith("data: {"):
                notes.add(json.loads(line[6:])["choices"][0]["delta"].get("content", ""), now)
    return notes
