"""`python -m bench.slow_client`: do clients that read slowly or not at all harm those beside them?

Ten clients read what comes; in every second round there are two more: one never reads, one reads 1 KB/s. Measured
is how long the fast ones wait for an event at worst, and how much memory the server takes for the slow ones. It may
close those (they come back and catch up), but every fast client must get everything.
"""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from typing import Any, Final

from websockets.asyncio.client import connect

from bench.harness.listener import Listener
from bench.harness.place import HOST, SERVERS, Place, Server
from bench.harness.report import finish, progress, rounded

FAST: Final = 10
EVENTS: Final = 3300  # longer than the 15 s after which a client that takes nothing is closed
PER_S: Final = 200.0
BYTES: Final = 4096
ROUNDS: Final = 2
SMALL_BUFFER: Final = 4096
TRICKLE_BYTES: Final = 1024
LAST_S: Final = 30.0


class Round:
    """The fast clients of one round, each with its longest wait."""

    def __init__(self, server: Server, tokens: list[str], topic: str) -> None:
        self.longest = 0.0
        self.sockets = [Listener(server.ws_url, token, topic, self._seen) for token in tokens]

    def _seen(self, _: Listener, frame: dict[str, Any], now: float) -> None:
        self.longest = max(self.longest, now - frame["data"]["t"])

    def errors(self) -> list[str]:
        short = [f"{one.events} events instead of {EVENTS}" for one in self.sockets if one.events != EVENTS]
        return [error for one in self.sockets for error in one.errors] + short


async def run(place: Place, server: Server, tokens: list[str], topic: str, *, slow: bool) -> tuple[Round, float]:
    """The round, and by how many MB the server's memory grew in it at most."""
    one = Round(server, tokens[:FAST], topic)
    before = peak = server.memory_mb()
    async with AsyncExitStack() as stack:
        if slow:
            await stack.enter_async_context(unread(server, tokens[FAST], topic, trickle=0))
            await stack.enter_async_context(unread(server, tokens[FAST + 1], topic, trickle=TRICKLE_BYTES))
        for listener in one.sockets:
            await listener.open()
        listening = [asyncio.create_task(listener.listen()) for listener in one.sockets]
        publisher = place.helper("metronome", topic, str(EVENTS), str(PER_S), str(BYTES))
        deadline = time.monotonic() + EVENTS / PER_S + LAST_S
        while time.monotonic() < deadline and any(listener.events < EVENTS for listener in one.sockets):
            peak = max(peak, server.memory_mb())
            await asyncio.sleep(0.1)
        for listener in one.sockets:
            listener.cut()
        await asyncio.gather(*listening)
        await asyncio.to_thread(publisher.wait, LAST_S)
    return one, peak - before


@asynccontextmanager
async def unread(server: Server, token: str, topic: str, *, trickle: int) -> AsyncIterator[None]:
    """A subscribed client that then reads `trickle` bytes a second from its connection, or nothing."""
    raw = socket.socket()
    # So that it is the server that has to wait, not the kernel that keeps megabytes.
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    raw.connect((HOST, server.port))
    raw.setblocking(False)
    connection = await connect(server.ws_url, sock=raw, compression=None, ping_interval=None)
    await connection.send(json.dumps({"type": "auth", "token": token}))
    await connection.send(json.dumps({"id": 1, "type": "subscribe", "topic": topic}))
    while json.loads(await connection.recv())["type"] != "subscribed":
        pass
    connection.transport.pause_reading()
    reading = asyncio.create_task(_trickle(raw, trickle))
    try:
        yield
    finally:
        reading.cancel()
        connection.transport.abort()


async def _trickle(raw: socket.socket, size: int) -> None:
    """Take bytes from beneath the library, which would read as much as it gets."""
    while size:
        await asyncio.sleep(1)
        try:
            if not raw.recv(size):
                return
        except BlockingIOError:
            continue
        except OSError:
            return


def main() -> None:
    figures: dict[str, object] = {}
    errors: list[str] = []
    for name in SERVERS:
        with Place() as place:
            people = place.people(FAST + 2, jobs=2 * ROUNDS)
            server = place.serve(name)
            waits: dict[bool, list[float]] = {False: [], True: []}
            grown: dict[bool, list[float]] = {False: [], True: []}
            for number, job in enumerate(people.jobs):
                slow = bool(number % 2)
                one, growth = asyncio.run(run(place, server, people.tokens, f"job:{job}", slow=slow))
                waits[slow].append(1000 * one.longest)
                grown[slow].append(growth)
                errors += [f"{name}: {error}" for error in one.errors()]
                progress(f"{name}, slow clients: {slow}: longest {waits[slow][-1]:.0f} ms, memory +{growth:.1f} MB")
            figures |= results(name, waits, grown)
    added = max(float(str(figures[f"{name}_added_wait_ms"])) for name in SERVERS)
    finish("slow_client", {"added_wait_ms": added, **figures, "events": EVENTS, "event_bytes": BYTES}, errors)


def results(name: str, waits: dict[bool, list[float]], grown: dict[bool, list[float]]) -> dict[str, object]:
    return {
        f"{name}_longest_wait_ms": rounded(median(waits[True])),
        f"{name}_longest_wait_without_slow_ms": rounded(median(waits[False])),
        f"{name}_added_wait_ms": rounded(max(0.0, median(waits[True]) - median(waits[False]))),
        f"{name}_memory_growth_mb": rounded(max(grown[True])),
        f"{name}_memory_growth_without_slow_mb": rounded(max(grown[False])),
    }


if __name__ == "__main__":
    main()
