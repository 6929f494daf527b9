"""A small ASGI application on the real server, for `test_server.py`: `python -m tests.ops.asgi_app PORT`."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

MAX_BODY = 4 * 1024 * 1024
FLOOD_FRAME = "x" * 65_536

open_sockets: set[Send] = set()
state = {"flooded": 0, "received": 0, "largest_chunk": 0}


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer(scope["path"], receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    open_sockets.add(send)
    try:
        await SOCKETS[scope["path"]](receive, send)
    finally:
        open_sockets.discard(send)


async def answer(path: str, receive: Receive, send: Send) -> None:
    size = 0
    while path == "/upload":
        message = await receive()
        size += len(message["body"])
        state["largest_chunk"] = max(state["largest_chunk"], len(message["body"]))
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path == "/download":
        for _ in range(400):
            await send({"type": "http.response.body", "body": FLOOD_FRAME.encode(), "more_body": True})
            state["flooded"] += 1
    body = json.dumps({**state, "size": size}).encode()
    await send({"type": "http.response.body", "body": body})


async def flood(receive: Receive, send: Send) -> None:
    for _ in range(4000):
        await send({"type": "websocket.send", "text": FLOOD_FRAME})
        state["flooded"] += 1


async def close_with_reason(receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 4401, "reason": "sign in again"})


async def send_empty_frames(receive: Receive, send: Send) -> None:
    await send({"type": "websocket.send", "text": ""})
    await send({"type": "websocket.send", "bytes": b""})
    await send({"type": "websocket.send", "text": "y" * 2_000_000})
    await receive()


async def stop_reading(receive: Receive, send: Send) -> None:
    """Takes one frame, then none until somebody asks over HTTP often enough; counts what it took."""
    await receive()
    await asyncio.sleep(3600)


async def echo(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


SOCKETS = {
    "/flood": flood,
    "/reason": close_with_reason,
    "/empty": send_empty_frames,
    "/deaf": stop_reading,
    "/echo": echo,
}


async def goodbye(_timeout_s: float) -> None:
    for send in list(open_sockets):
        await send({"type": "websocket.send", "text": "disconnect"})
        await send({"type": "websocket.close", "code": 1012, "reason": "restarting"})


if __name__ == "__main__":
    # Here, because it installs Twisted's reactor: the tests import the constants above.
    from backend.server.serving import Server

    Server(
        application,
        [f"tcp:port={sys.argv[1]}:interface=127.0.0.1"],
        drain=goodbye,
        on_listening=lambda: os.write(1, b"listening\n"),
        drain_s=3.0,
        max_body=MAX_BODY,
    ).run()
