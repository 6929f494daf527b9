"""`python -m bench.harness.bare PORT LOOP`: the bare `websockets` library. What comes in at `/publish` is broadcast.

LOOP is `uvloop`, the loop that uvicorn chooses where it is installed, or `asyncio`.
"""

import asyncio
import sys
from functools import partial

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def handle(listeners: set[ServerConnection], connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path == "/publish":
        async for message in connection:
            broadcast(listeners, message)
        return
    listeners.add(connection)
    try:
        await connection.wait_closed()
    finally:
        listeners.discard(connection)


async def main() -> None:
    async with serve(partial(handle, set()), "127.0.0.1", int(sys.argv[1]), compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    factory = uvloop.new_event_loop if sys.argv[2] == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
