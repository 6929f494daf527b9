"""`python -m bench.chat`: how much later a token is read through Stentor than from the chat server itself.

A chat server on loopback writes into each token when it was sent. First one person asks it and Stentor in turns, at
a fast and at a slow pace: `added` is the difference of the same percentiles. Then 200 people have answers of 2
tokens/s at the same time, each over a socket and in a conversation of their own. Every answer must be read without
a hole, be stored as it was read, and have all its tokens in order.
"""

import asyncio
import sys
import time
from typing import Final

from bench.harness.place import HOST, Place, Server, cpu_seconds, free_port
from bench.harness.report import finish, percentile, progress, rounded
from bench.harness.talker import Notes, Talker, talk_directly

TOKENS: Final = 200
FAST: Final = 50.0
SLOW: Final = 10.0
ROUNDS: Final = 3
SLOW_TOKENS: Final = 40
CROWD: Final = 200
CROWD_TOKENS: Final = 40
CROWD_PACE: Final = 2.0
# All are under way together when the last one begins.
CROWD_BEGINS_S: Final = 10.0
WITHIN_S: Final = 120.0
# A piece waits up to 40 ms for more, 20 ms on average; Stentor itself may take as long again.
MOST_ADDED_MS: Final = 40.0


def main() -> None:
    port = free_port()
    url = f"http://{HOST}:{port}/v1"
    with Place(pinned=False, OPENAI_BASE_URL=url, CHAT_MODEL="bench") as place:
        place.start("upstream", [sys.executable, "-m", "bench.harness.chat_upstream", str(port)])
        people = place.people(CROWD, jobs=0)
        server = place.serve("daphne")
        options = ["--queues", "chat_queue", "--pool", "threads", "--concurrency", str(CROWD), "--without-gossip"]
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "backend.celery", "worker", *options]
        worker: int = place.start("worker", celery).pid
        alone, errors = asyncio.run(compare(server, people.tokens[0], url))
        crowd, more = asyncio.run(together(server, worker, people.tokens))
    finish("chat", {**alone, **crowd}, [*errors, *more, *verdicts(alone)])


async def compare(server: Server, token: str, url: str) -> tuple[dict[str, object], list[str]]:
    """One answer after the other, by both ways in turns. The first one loads everything and is not counted."""
    talker = Talker(server.ws_url, token)
    await talker.open()
    await talker.talk(5, FAST)
    figures: dict[str, object] = {}
    for name, tokens, pace in (("fast", TOKENS, FAST), ("slow", SLOW_TOKENS, SLOW)):
        direct, through = list[Notes](), list[Notes]()
        for _ in range(ROUNDS):
            direct.append(await talk_directly(url, tokens, pace))
            through.append(await talker.talk(tokens, pace))
        figures |= {f"{name}_{what}": value for what, value in differences(direct, through).items()}
        progress(f"{name}: {pace:.0f} tokens/s done")
    await talker.close()
    return figures, talker.errors


def differences(direct: list[Notes], through: list[Notes]) -> dict[str, object]:
    figures: dict[str, object] = {}
    late = {name: [one for notes in many for one in notes.late] for name, many in (("d", direct), ("t", through))}
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        alone, ours = (1000 * percentile(late[way], share) for way in ("d", "t"))
        figures |= {f"direct_{name}_ms": rounded(alone), f"added_{name}_ms": rounded(ours - alone)}
    tokens, pieces = len(late["t"]), sum(notes.pieces for notes in through)
    return {**figures, "tokens_per_piece": rounded(tokens / pieces)}


async def together(server: Server, worker: int, tokens: list[str]) -> tuple[dict[str, object], list[str]]:
    """Everybody asks, one shortly after the other, and all answers go on at the same time."""

    async def talk(number: int) -> Notes:
        await asyncio.sleep(number * CROWD_BEGINS_S / len(tokens))
        return await talkers[number].talk(CROWD_TOKENS, CROWD_PACE)

    talkers = [Talker(server.ws_url, token) for token in tokens]
    for talker in talkers:
        await talker.open()
    progress(f"{len(talkers)} answers at once")
    used = cpu_seconds(server.pid), cpu_seconds(worker)
    began = time.monotonic()
    async with asyncio.timeout(WITHIN_S):
        read = await asyncio.gather(*(talk(number) for number in range(len(talkers))))
    took = time.monotonic() - began
    late = [one for notes in read for one in notes.late]
    figures: dict[str, object] = {
        "crowd": len(read),
        "crowd_seconds": rounded(took),
        "crowd_seconds_at_best": CROWD_BEGINS_S + CROWD_TOKENS / CROWD_PACE,
        "crowd_tokens_per_s": rounded(len(late) / took),
        **{f"crowd_late_p{share}_ms": rounded(1000 * percentile(late, share / 100)) for share in (50, 95, 99)},
        "crowd_first_token_p95_ms": rounded(1000 * percentile([notes.late[0] for notes in read if notes.late], 0.95)),
        "crowd_tokens_per_piece": rounded(len(late) / sum(notes.pieces for notes in read)),
        "crowd_server_cpu_s": rounded(cpu_seconds(server.pid) - used[0]),
        "crowd_worker_cpu_s": rounded(cpu_seconds(worker) - used[1]),
    }
    for talker in talkers:
        await talker.close()
    return figures, [error for talker in talkers for error in talker.errors]


def verdicts(figures: dict[str, object]) -> list[str]:
    """What the README would promise in vain."""
    names = ("fast_added_p50_ms", "slow_added_p50_ms")
    return [f"{name} is {figures[name]}" for name in names if float(str(figures[name])) > MOST_ADDED_MS]


if __name__ == "__main__":
    main()
