"""A socket for tests: the whole ASGI application behind Channels' communicator, with the protocol's words."""

import asyncio
import json
import re
from typing import Any

from channels.testing import WebsocketCommunicator
from django.test import Client

from backend.accounts import services, tokens
from backend.accounts.models import User
from backend.asgi import application
from consumers.threads import in_thread

WAIT_S = 15.0


class Socket:
    """`await socket.sign_in(user)`, `await socket.subscribe(topic)`, `await socket.until("event")`."""

    def __init__(self, path: str = "/ws/", headers: dict[str, str] | None = None) -> None:
        encoded = [(name.encode(), value.encode()) for name, value in (headers or {"host": "testserver"}).items()]
        self._communicator = WebsocketCommunicator(application, path, encoded)
        self._ids = 0
        self.closed_with: int | None = None

    async def __aenter__(self) -> "Socket":
        await self._communicator.connect(timeout=WAIT_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.closed_with is None:
            await self._communicator.disconnect(timeout=WAIT_S)

    async def sign_in(self, user: User, scopes: list[str] | None = None) -> dict[str, Any]:
        """By a password, so to say; with `scopes` by an API key that has just these."""
        token = await in_thread(_token_of, user, scopes)
        await self.send({"type": "auth", "token": token})
        return await self.until("welcome")

    async def subscribe(self, topic: str, since: dict[str, Any] | None = None) -> dict[str, Any]:
        self._ids += 1
        frame = {"id": self._ids, "type": "subscribe", "topic": topic}
        await self.send({**frame, "since": since} if since else frame)
        return await self.until("subscribed", "error")

    async def command(self, name: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        self._ids += 1
        await self.send({"id": self._ids, "type": name, "data": data, **more})
        return await self.until("reply", "error")

    async def send(self, frame: dict[str, Any] | str) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def next(self) -> dict[str, Any]:
        """The next frame, pings left out; a close becomes `{"type": "close", "code": …}`."""
        async with asyncio.timeout(WAIT_S):
            while True:
                message = await self._communicator.receive_output(timeout=WAIT_S + 1)
                if message["type"] == "websocket.close":
                    self.closed_with = message.get("code", 1000)
                    return {"type": "close", "code": self.closed_with}
                frame: dict[str, Any] = json.loads(message["text"])
                if frame["type"] != "ping":
                    return frame

    async def until(self, *kinds: str) -> dict[str, Any]:
        while (frame := await self.next())["type"] not in kinds:
            assert frame["type"] != "close", frame
        return frame

    async def events(self, count: int) -> list[dict[str, Any]]:
        return [await self.until("event") for _ in range(count)]

    async def nothing(self) -> bool:
        return bool(await self._communicator.receive_nothing(timeout=0.3))


def _token_of(user: User, scopes: list[str] | None) -> str:
    if scopes is None:
        return tokens.token_pair(user)["access"]
    key, _ = services.create_key(user=user, name="A key", scopes=scopes)
    return tokens.token_for(tokens.principal_of_key(key))[0]


_PARAMETER = re.compile("<[a-z]+:([a-z_]+)>")


def by_rest(user, command, data: dict[str, Any]):
    """What the REST twin of a command answers somebody in a browser; takes those of the data that are in its path."""
    client = Client()
    client.force_login(user, backend="backend.accounts.backends.UsernameOrEmailBackend")
    path = "/" + _PARAMETER.sub(lambda match: str(data.pop(match[1])), command.path)
    if command.method == "GET":
        return client.get(path, data)
    return client.generic(command.method, path, json.dumps(data), content_type="application/json")
