"""`python -m bench.reconnect`: 1,000 sockets whose connections are cut at random, on Daphne and on uvicorn.

Each connection is cut (not closed) about every 15 s and comes back after 2 s, while 120 events are published, two a
second. Every socket must end with all events, each once and in order. `replay_p99_s` is the time from the beginning
of a new connection until an event that was published before it arrives: connecting, signing in and all.
"""

import asyncio
import random
import resource
from itertools import chain
from typing import Any, Final

from websockets.exceptions import WebSocketException

from bench.harness.listener import Listener
from bench.harness.place import SERVERS, People, Place, Server
from bench.harness.report import finish, percentile, progress, rounded

SOCKETS: Final = 1000
PEOPLE: Final = 200  # five sockets each: the usual limits stay as they are
EVENTS: Final = 120
PER_S: Final = 2.0
CUT_EVERY_S: Final = 15.0
OFFLINE_S: Final = 2.0
TRY_AGAIN_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
OPENING_AT_ONCE: Final = 20
LAST_S: Final = 60.0


class Storm:
    def __init__(self, server: Server, people: People, topic: str) -> None:
        self.replayed: list[float] = []
        self.ages: list[float] = []
        self.live: list[float] = []
        self.cuts = self.refused = 0
        self._ended = asyncio.Event()
        self._all = asyncio.Event()
        self._missing = SOCKETS
        tokens = (people.tokens[number % PEOPLE] for number in range(SOCKETS))
        self.sockets = [Listener(server.ws_url, token, topic, self._seen) for token in tokens]

    async def rage(self, place: Place, topic: str) -> None:
        gate = asyncio.Semaphore(OPENING_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for socket in self.sockets:
                group.create_task(self._open(socket, gate))
        progress(f"{SOCKETS} sockets")
        publisher = place.helper("metronome", topic, str(EVENTS), str(PER_S), "20")
        async with asyncio.TaskGroup() as group:
            for socket in self.sockets:
                group.create_task(self._live_through(socket))
            await asyncio.to_thread(publisher.wait, EVENTS / PER_S + LAST_S)
            self._ended.set()
            try:
                await asyncio.wait_for(self._all.wait(), LAST_S)
            except TimeoutError:
                progress(f"{self._missing} sockets did not get everything")
            self._all.set()

    @staticmethod
    async def _open(socket: Listener, gate: asyncio.Semaphore) -> None:
        async with gate:
            await socket.open()

    async def _live_through(self, socket: Listener) -> None:
        """Listen, be cut, wait, come back; until everybody has everything."""
        stop = asyncio.create_task(self._all.wait())
        while not self._all.is_set():
            listening = asyncio.create_task(socket.listen())
            patience = None if self._ended.is_set() else random.uniform(0.5, 1.5) * CUT_EVERY_S
            await asyncio.wait([listening, stop], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            socket.cut()
            await listening
            if not self._all.is_set():
                self.cuts += 1
                await asyncio.wait([stop], timeout=OFFLINE_S)
                await self._come_back(socket)

    async def _come_back(self, socket: Listener) -> None:
        """Try again a little later where the server cannot take it now, as every client does."""
        for delay in TRY_AGAIN_S:
            try:
                await socket.open()
            except (OSError, TimeoutError, WebSocketException):
                self.refused += 1
                await asyncio.sleep(delay * random.uniform(0.5, 1.5))
            else:
                return
        socket.errors.append("could not come back")

    def _seen(self, socket: Listener, frame: dict[str, Any], now: float) -> None:
        published = frame["data"]["t"]
        if published < socket.began:
            self.replayed.append(now - socket.began)
            self.ages.append(now - published)
        else:
            self.live.append(now - published)
        if socket.events == EVENTS:
            self._missing -= 1
            if not self._missing:
                self._all.set()

    def errors(self) -> list[str]:
        short = [f"{one.events} events instead of {EVENTS}" for one in self.sockets if one.events != EVENTS]
        return [*chain.from_iterable(one.errors for one in self.sockets), *short]


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * SOCKETS + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * SOCKETS + 200), hard))
    figures: dict[str, object] = {}
    errors: list[str] = []
    worst = 0.0
    for name in SERVERS:
        with Place() as place:
            people = place.people(PEOPLE, jobs=1)
            topic = f"job:{people.jobs[0]}"
            server = place.serve(name)
            storm = Storm(server, people, topic)
            asyncio.run(storm.rage(place, topic))
            found = storm.errors()
            errors += [f"{name}: {error}" for error in found]
            figures |= {f"{name}_{key}": value for key, value in results(storm, server).items()}
            worst = max(worst, percentile(storm.replayed, 0.99))
            if found:
                place.show_logs()
            progress(f"{name}: {storm.cuts} cuts, {len(storm.replayed)} events replayed, {len(found)} errors")
    finish("reconnect", {"replay_p99_s": rounded(worst), **figures, "sockets": SOCKETS, "events": EVENTS}, errors)


def results(storm: Storm, server: Server) -> dict[str, object]:
    delivered = sum(min(one.events, EVENTS) for one in storm.sockets)
    return {
        "delivered_percent": round(100 * delivered / (SOCKETS * EVENTS), 3),
        "replay_p50_s": rounded(percentile(storm.replayed, 0.5)),
        "replay_p99_s": rounded(percentile(storm.replayed, 0.99)),
        "replay_max_s": rounded(max(storm.replayed)),
        # From publishing, so with the time offline: how others give this figure.
        "replay_age_p99_s": rounded(percentile(storm.ages, 0.99)),
        "live_p99_s": rounded(percentile(storm.live, 0.99)),
        "cuts": storm.cuts,
        "refused": storm.refused,
        "replayed": len(storm.replayed),
        "server_cpu_s": rounded(server.cpu_seconds()),
        "server_memory_mb": rounded(server.memory_mb()),
    }


if __name__ == "__main__":
    main()
