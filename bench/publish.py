"""`python -m bench.publish`: what publishing costs a process such as a worker.

`publish_now` appends to the log and hands the announcement to the announcing thread. It is measured at an even pace
(the milliseconds that the work waits for each call) and in a rush (events per second of one process, until all have
been announced). A socket on the real server must get every one of them, in order. For comparison the stock way:
`async_to_sync(group_send)` to a group with one member, which keeps nothing.
"""

import asyncio
import json
from typing import Any, Final

from bench.harness.listener import Listener
from bench.harness.place import Place
from bench.harness.report import finish, percentile, progress, rounded

PACED: Final = 1000
RUSH: Final = 900  # fewer than a topic's log holds, so that no reader can miss any
ROUNDS: Final = 10
WITHIN_S: Final = 30.0


async def measure(place: Place) -> tuple[list[dict[str, Any]], list[str]]:
    people = place.people(1, jobs=1)
    topic = f"job:{people.jobs[0]}"
    arrived = asyncio.Event()

    def seen(listener: Listener, *_: Any) -> None:
        if listener.events == ROUNDS * (PACED + RUSH):
            arrived.set()

    socket = Listener(place.serve("daphne").ws_url, people.tokens[0], topic, seen, acks=False)
    await socket.open()
    listening = asyncio.create_task(socket.listen())
    publisher = place.helper("publishing", topic, str(PACED), str(RUSH), str(ROUNDS))
    assert publisher.stdout is not None
    rounds = []
    while line := await asyncio.to_thread(publisher.stdout.readline):
        rounds.append(json.loads(line))
        progress(line.strip())
    errors = []
    try:
        await asyncio.wait_for(arrived.wait(), WITHIN_S)
    except TimeoutError:
        errors.append(f"{socket.events} of {ROUNDS * (PACED + RUSH)} events arrived\n{place.log('publishing')}")
    socket.cut()
    await listening
    return rounds, errors + socket.errors


def main() -> None:
    # A worker, Redis and the server are where the system puts them, as in production.
    with Place(pinned=False) as place:
        place.env["REDIS_URL"] = place.redis_url
        rounds, errors = asyncio.run(measure(place))
    finish("publish", {**figures(rounds), "paced": PACED, "rush": RUSH, "rounds": ROUNDS}, errors)


def figures(rounds: list[dict[str, Any]]) -> dict[str, object]:
    """The median round of each figure."""
    return {key: rounded(percentile([one[key] for one in rounds], 0.5)) for key in rounds[0]} if rounds else {}


if __name__ == "__main__":
    main()
