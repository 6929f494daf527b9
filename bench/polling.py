"""`python -m bench.polling`: one job watched by many, by polling REST once a second and by our socket.

The same work twice on each server: a job that reports its progress five times a second. Counted are requests, bytes
that the server sent, the server's CPU time, and how long after each report a watcher knows of it.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx

from bench.harness.listener import Listener
from bench.harness.place import SERVERS, People, Place, Server
from bench.harness.report import finish, percentile, progress, rounded

WATCHERS: Final = 50
STEPS: Final = 100
EVERY_S: Final = 0.2
POLL_S: Final = 1.0
WITHIN_S: Final = STEPS * EVERY_S + 60


class Watching:
    """What the watchers have seen: for each the time when it first knew of a step."""

    def __init__(self) -> None:
        self.seen: list[dict[int, float]] = [{} for _ in range(WATCHERS)]
        self.requests = 0
        self.bytes = 0
        self.errors: list[str] = []

    def note(self, watcher: int, job: dict[str, Any], now: float) -> bool:
        """Take a state of the job; whether it was the last."""
        self.seen[watcher].setdefault(int(job["done"]), now)
        return str(job["status"]) not in ("queued", "started")

    def delays(self, made: dict[int, float]) -> list[float]:
        """For each watcher and step: from the report until a state at least as new was known."""
        samples = []
        for seen in self.seen:
            steps = sorted(seen.items())
            for step, at in made.items():
                known = next((when for newest, when in steps if newest >= step), None)
                if known is None:
                    self.errors.append(f"a watcher never learned of step {step}")
                else:
                    samples.append(max(0.0, known - at))
        return samples


async def by_polling(server: Server, people: People, job: str, watching: Watching) -> None:
    limits = httpx.Limits(max_connections=WATCHERS)
    async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=30) as client:

        async def watch(number: int) -> None:
            # Not all in the same moment, as people would not.
            await asyncio.sleep(POLL_S * number / WATCHERS)
            headers = {"Authorization": f"Bearer {people.tokens[number]}"}
            while True:
                next_at = time.monotonic() + POLL_S
                answer = await client.get(f"/api/jobs/{job}", headers=headers)
                answer.raise_for_status()
                watching.requests += 1
                head = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
                watching.bytes += len("HTTP/1.1 200 OK\r\n\r\n") + head + len(answer.content)
                if watching.note(number, answer.json(), time.time()):
                    return
                await asyncio.sleep(max(0.0, next_at - time.monotonic()))

        await asyncio.gather(*(watch(number) for number in range(WATCHERS)))


async def by_socket(server: Server, people: People, job: str, watching: Watching) -> None:
    async def watch(number: int) -> None:
        ended = asyncio.Event()

        def see(_: Listener, frame: dict[str, Any], now: float) -> None:
            if watching.note(number, frame["data"], now):
                ended.set()

        socket = Listener(server.ws_url, people.tokens[number], f"job:{job}", see)
        await socket.open()
        watching.requests += 1
        listening = asyncio.create_task(socket.listen())
        await ended.wait()
        socket.cut()
        await listening
        watching.bytes += socket.bytes
        watching.errors += socket.errors

    await asyncio.gather(*(watch(number) for number in range(WATCHERS)))


Way = Callable[[Server, People, str, Watching], Awaitable[None]]


async def run(place: Place, server: Server, people: People, job: str, way: Way) -> tuple[dict[str, object], list[str]]:
    watching = Watching()
    used = server.cpu_seconds()
    watchers = asyncio.ensure_future(way(server, people, job, watching))
    # Everybody is there before the work begins.
    await asyncio.sleep(2 * POLL_S)
    worker = place.helper("working", job, str(STEPS), str(EVERY_S))
    assert worker.stdout is not None
    made = json.loads(await asyncio.to_thread(worker.stdout.readline) or "{}")
    await asyncio.wait_for(watchers, WITHIN_S)
    delays = watching.delays({int(step): at for step, at in made.items()})
    if not made:
        watching.errors.append(f"the worker failed:\n{place.log('working')}")
    return {
        "requests": watching.requests,
        "kilobytes": rounded(watching.bytes / 1000),
        "delay_p50_ms": rounded(1000 * percentile(delays, 0.5)),
        "delay_p99_ms": rounded(1000 * percentile(delays, 0.99)),
        "cpu_s": rounded(server.cpu_seconds() - used),
    }, watching.errors


def main() -> None:
    figures: dict[str, object] = {}
    errors: list[str] = []
    for name in SERVERS:
        with Place() as place:
            people = place.people(WATCHERS, jobs=2)
            server = place.serve(name)
            for way, job, watch in zip(("polling", "socket"), people.jobs, (by_polling, by_socket), strict=True):
                found, wrong = asyncio.run(run(place, server, people, job, watch))
                figures |= {f"{name}_{way}_{key}": value for key, value in found.items()}
                errors += [f"{name} {way}: {error}" for error in wrong]
                progress(f"{name} by {way}: {found}")
    finish("polling", {**figures, "watchers": WATCHERS, "reports": STEPS, "poll_every_s": POLL_S}, errors)


if __name__ == "__main__":
    main()
