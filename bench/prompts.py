"""`python -m bench.prompts`: what a batch costs beside the bare questions, and whether users get equal shares.

A chat server on loopback takes 0.1 s for each answer. First the same questions are asked by the bare client in as many
threads as Stentor has cells at work, and by a batch that is followed over a socket: `overhead` is the ratio of the
times. Then somebody queues twenty batches, and after that two others five each. Every cell must be told once.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
from openai import OpenAI
from websockets.sync.client import connect

from bench.harness.place import HOST, Place, Server, free_port
from bench.harness.report import finish, progress, rounded

AT_ONCE: Final = 8
DOCUMENTS: Final = 100
PROMPTS: Final = 4
# Five tokens at fifty in a second.
QUESTION: Final = "5 50"
MANY: Final = 20
FEW: Final = 5
OF_EACH: Final = 20
WITHIN_S: Final = 120.0
MOST_OVERHEAD: Final = 1.5
LEAST_FAIR: Final = 0.8


class Person:
    """Somebody who runs prompts over documents, by REST, and follows a batch over a socket."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._token = token
        self._client = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def add_documents(self, count: int) -> None:
        for number in range(count):
            text = {"title": f"D{number}", "text": f"Text {number}.", "collection": "c", "external_id": str(number)}
            self._client.post("/api/documents/texts", json=text).raise_for_status()

    def begin(self, documents: int, prompts: int) -> str:
        asked = [{"name": f"p{number}", "value": QUESTION} for number in range(prompts)]
        scope = {"c_list": [str(number) for number in range(documents)]}
        made = self._client.post("/api/batches", json={"scope": scope, "prompts": asked})
        return str(made.raise_for_status().json()["id"])

    def batches(self) -> list[dict[str, Any]]:
        return list(self._client.get("/api/batches?page_size=100").raise_for_status().json()["results"])

    def follow(self, ident: str) -> list[tuple[int, int]]:
        """The cells of a batch in the order in which they were told, until it has ended."""
        told: list[tuple[int, int]] = []
        with connect(self._server.ws_url, max_size=None) as socket:
            socket.send(json.dumps({"type": "auth", "token": self._token}))
            socket.send(json.dumps({"id": 1, "type": "subscribe", "topic": f"batch:{ident}"}))
            while True:
                frame = json.loads(socket.recv(WITHIN_S))
                if frame.get("event") == "cells":
                    told += [(cell["row"], cell["column"]) for cell in frame["data"]["cells"]]
                elif frame.get("event") == "details" and frame["data"]["job"]["status"] == "completed":
                    return told


def main() -> None:
    port = free_port()
    url = f"http://{HOST}:{port}/v1"
    settings = {"OPENAI_BASE_URL": url, "CHAT_MODEL": "bench", "PROMPT_CELLS": str(AT_ONCE)}
    with Place(pinned=False, **settings) as place:
        place.start("upstream", [sys.executable, "-m", "bench.harness.chat_upstream", str(port)])
        tokens = place.people(3, jobs=0).tokens
        server = place.serve("daphne")
        options = ["--queues", "prompts_queue", "--pool", "threads", "--concurrency", "20", "--without-gossip"]
        place.start("worker", [sys.executable, "-m", "celery", "--quiet", "-A", "backend.celery", "worker", *options])
        people = [Person(server, token) for token in tokens]
        figures, errors = overhead(people[0], url)
        shares, more = fairness(people)
    finish("prompts", {**figures, **shares}, [*errors, *more])


def overhead(person: Person, url: str) -> tuple[dict[str, object], list[str]]:
    """The same questions bare and as a batch; the first batch loads everything and is not counted."""
    person.add_documents(DOCUMENTS)
    person.follow(person.begin(1, 1))
    cells = DOCUMENTS * PROMPTS
    bare = ask_bare(url, cells)
    progress(f"{cells} questions asked without Stentor")
    began = time.monotonic()
    told = person.follow(person.begin(DOCUMENTS, PROMPTS))
    took = time.monotonic() - began
    ratio = took / bare
    errors = [] if sorted(told) == [divmod(place, PROMPTS) for place in range(cells)] else ["cells missing or repeated"]
    if ratio > MOST_OVERHEAD:
        errors.append(f"a batch takes {ratio:.2f} of the time")
    figures: dict[str, object] = {
        "cells": cells,
        "bare_seconds": rounded(bare),
        "batch_seconds": rounded(took),
        "cells_per_s": rounded(cells / took),
        "overhead": rounded(ratio),
    }
    return figures, errors


def ask_bare(url: str, count: int) -> float:
    """How long so many questions take with nothing but the client and threads, in seconds."""

    def ask(_: int) -> str:
        asked: Any = [{"role": "system", "content": "Text."}, {"role": "user", "content": QUESTION}]
        stream = client.chat.completions.create(model="bench", messages=asked, stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

    with OpenAI(base_url=url, api_key="none", max_retries=0) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(ask, range(AT_ONCE)))
        began = time.monotonic()
        list(threads.map(ask, range(count)))
        return time.monotonic() - began


def fairness(people: list[Person]) -> tuple[dict[str, object], list[str]]:
    """The share of each user in the cells that are done while all three have work: Jain's index, 1 is equal."""
    busy, *others = people
    for person in others:
        person.add_documents(OF_EACH)
    for _ in range(MANY):
        busy.begin(OF_EACH, 1)
    last = [[person.begin(OF_EACH, 1) for _ in range(FEW)][-1] for person in others]
    before = [done_of(person) for person in people]
    waiting = time.monotonic()
    others[0].follow(last[0])
    shares = [done_of(person) - had for person, had in zip(people, before, strict=True)]
    index = sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))
    progress(f"cells while all three had work: {shares}")
    figures: dict[str, object] = {
        "fair_shares": " / ".join(map(str, shares)),
        "fairness": rounded(index),
        "few_waited_s": rounded(time.monotonic() - waiting),
    }
    return figures, [] if index >= LEAST_FAIR else [f"the shares are {shares}"]


def done_of(person: Person) -> int:
    return sum(batch["totals"]["done"] for batch in person.batches())


if __name__ == "__main__":
    main()
