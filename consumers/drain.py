"""Leaving in order: before the server stops, every socket is told to come back, in batches, a little apart."""

import asyncio
import random
from typing import Final

from consumers.connection import Connection, open_sockets
from consumers.protocol import Close

BATCH: Final = 100
PAUSE_S: Final = 0.05
SPREAD_MS: Final = 3000


async def drain(timeout: float) -> None:  # noqa: ASYNC109 (the server gives what is left of its own time)
    """Close all sockets of this process with "reconnect at once"; returns after `timeout` seconds at the latest."""
    try:
        async with asyncio.timeout(timeout):
            while open_sockets:
                batch = list(open_sockets)[:BATCH]
                await asyncio.gather(*(_send_away(socket) for socket in batch))
                open_sockets.difference_update(batch)
                await asyncio.sleep(PAUSE_S)
    except TimeoutError:
        return


async def _send_away(socket: Connection) -> None:
    after_ms = random.randint(0, SPREAD_MS)  # noqa: S311 (spreads reconnects, hides nothing)
    await socket.close_with(Close.SHUTDOWN, "The server restarts.", after_ms=after_ms)
