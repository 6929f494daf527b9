"""`python -m bench.fanout`: one publisher, 200 sockets on one topic, frames of 160 bytes; how many arrive per second?

Contestants in one run: Stentor on Daphne and on uvicorn; a stock Channels consumer with `group_send` on the same two
servers; and the `broadcast` of the bare `websockets` library, on the loop that uvicorn uses and on asyncio's own.
Each has a publisher process and a server process of its own, all have the same client process. They take turns,
and every ratio is the median of those of single rounds. Every socket must get every event once and in order.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from subprocess import Popen
from time import perf_counter
from typing import Final

from bench.harness.crowd import Crowd, Member
from bench.harness.place import SERVERS, Place, Server, free_port, uvicorn
from bench.harness.report import finish, progress, rounded

SOCKETS: Final = 200
BYTES: Final = 160
MESSAGES: Final = 250
ROUNDS: Final = 5
# A publisher has at most 64 events (WINDOW) on the way and sends more when 32 have reached everybody.
REFILL: Final = 32
# The slow contestants need most of the time, so the fast ones are measured several times in each round.
HEATS: Final = 3
WITHIN_S: Final = 120.0


@dataclass
class Contestant:
    name: str
    publisher: "Popen[str]"
    members: list[Member]
    server: Server
    sent: int = 0
    cpu_us: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)


def main() -> None:
    numbers = [str(number).encode() for number in range(1, MESSAGES * (ROUNDS * HEATS + 1) + 1)]
    with Place() as place:
        place.env["REDIS_URL"] = place.redis_url
        crowd = Crowd()
        contestants = [*stock(place, crowd), *stentor(place, crowd), *bare(place, crowd)]
        errors = compete(contestants, crowd, numbers)
        crowd.close()
    finish("fanout", figures(contestants), errors)


def compete(contestants: list[Contestant], crowd: Crowd, numbers: list[bytes]) -> list[str]:
    """Let them take turns; the first turn of each only warms it up."""
    for one in contestants:
        run(one, crowd, numbers)
        one.cpu_us.clear()
    for turn in range(ROUNDS):
        by_name: defaultdict[str, list[float]] = defaultdict(list)
        for heat in range(HEATS):
            for one in contestants:
                if heat == 0 or not one.name.endswith("stock"):
                    by_name[one.name].append(run(one, crowd, numbers))
        for one in contestants:
            one.speeds.append(median(by_name[one.name]))
        progress(f"round {turn + 1}: " + ", ".join(f"{one.name} {one.speeds[-1]:,.0f}/s" for one in contestants))
    return [f"{one.name}: {member.wrong}" for one in contestants for member in one.members if member.wrong]


def run(one: Contestant, crowd: Crowd, numbers: list[bytes]) -> float:
    """Publish MESSAGES events to all sockets; the events per second that arrived."""
    target, told = one.sent + MESSAGES, one.sent

    def tell(received: int) -> None:
        """Let the publisher go on in steps of REFILL: it is to be ahead of the server, as in a rush."""
        nonlocal told
        if received == one.sent or received - told >= REFILL:
            told = received
            assert one.publisher.stdin is not None
            one.publisher.stdin.write(f"{target} {received}\n")

    used, began = one.server.cpu_seconds(), perf_counter()
    tell(one.sent)
    ended = crowd.read_until(one.members, target, numbers, tell, WITHIN_S)
    one.sent = target
    one.cpu_us.append(1e6 * (one.server.cpu_seconds() - used) / (MESSAGES * SOCKETS))
    return MESSAGES * SOCKETS / (ended - began)


def stentor(place: Place, crowd: Crowd) -> list[Contestant]:
    people = place.people(SOCKETS, jobs=len(SERVERS))
    joined = []
    for name, job in zip(SERVERS, people.jobs, strict=True):
        topic = f"job:{job}"
        server = place.serve(name)
        members = []
        for token in people.tokens:
            member = Member(server.port, "/ws/")
            member.ask({"type": "auth", "token": token}, "welcome")
            member.ask({"id": 1, "type": "subscribe", "topic": topic}, "subscribed")
            members.append(member)
        joined.append(enter(place, crowd, name, ("stentor", topic), members, server))
    return joined


def stock(place: Place, crowd: Crowd) -> list[Contestant]:
    """Each with a Redis database of its own, so that their groups do not mix."""
    joined = []
    for number, name in enumerate(("daphne_stock", "uvicorn_stock"), start=1):
        port = free_port()
        command = uvicorn("bench.harness.stock:application", port) if number == 2 else stock_on_daphne(port)
        place.env["REDIS_URL"] = f"{place.redis_url}?db={number}"
        server = place.serve_with(name, command, port)
        members = [Member(port, "/") for _ in range(SOCKETS)]
        joined.append(enter(place, crowd, name, ("stock", "fanout"), members, server))
    place.env["REDIS_URL"] = place.redis_url
    return joined


def stock_on_daphne(port: int) -> list[str]:
    return ["-m", "bench.harness.stock", str(port)]


def bare(place: Place, crowd: Crowd) -> list[Contestant]:
    joined = []
    for name, loop in (("websockets", "uvloop"), ("websockets_asyncio", "asyncio")):
        port = free_port()
        server = place.serve_with(name, ["-m", "bench.harness.bare", str(port), loop], port)
        members = [Member(port, "/") for _ in range(SOCKETS)]
        joined.append(enter(place, crowd, name, ("bare", str(port)), members, server))
    return joined


def enter(
    place: Place, crowd: Crowd, name: str, way: tuple[str, str], members: list[Member], server: Server
) -> Contestant:
    for member in members:
        crowd.add(member)
    publisher = place.helper("publisher", *way, str(BYTES))
    assert publisher.stdout is not None
    if publisher.stdout.readline() != "ready\n":
        raise RuntimeError(f"the publisher of {name} ended; it said:\n{place.log('publisher')}")
    progress(f"{name}: {len(members)} sockets")
    return Contestant(name, publisher, members, server)


def figures(contestants: list[Contestant]) -> dict[str, object]:
    """Ratios of what arrived per second, and the server's own CPU time per frame, which other programs disturb less."""
    speeds = {one.name: one.speeds for one in contestants}

    def ratio(ours: str, theirs: str) -> float:
        return rounded(median(mine / other for mine, other in zip(speeds[ours], speeds[theirs], strict=True)))

    return {
        "daphne_ratio_to_stock": ratio("daphne", "daphne_stock"),
        "uvicorn_ratio_to_stock": ratio("uvicorn", "uvicorn_stock"),
        "uvicorn_ratio_to_websockets": ratio("uvicorn", "websockets"),
        "uvicorn_ratio_to_websockets_asyncio": ratio("uvicorn", "websockets_asyncio"),
        **{f"{one.name}_per_s": rounded(median(one.speeds)) for one in contestants},
        **{f"{one.name}_cpu_us_per_frame": rounded(median(one.cpu_us)) for one in contestants},
        "sockets": SOCKETS,
        "frame_bytes": BYTES,
        "messages_per_round": MESSAGES,
        "rounds": ROUNDS,
    }


if __name__ == "__main__":
    main()
