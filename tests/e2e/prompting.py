"""What tests of the prompts page do besides using it: documents and batches made without the page."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import Visitor
from tests.e2e.stack import Person, Stack
from tests.fixtures.upstream import Script, Upstream

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module", name="stack")
def prompting_stack(prompting: Stack) -> Stack:
    """The Stentor that tests of prompts and documents share."""
    return prompting


@pytest.fixture(scope="module", name="upstream")
def prompting_upstream(model_server: Upstream) -> Upstream:
    """The model server that answers there."""
    return model_server


def send(tab: Visitor, path: str, data: dict[str, Any]) -> Any:
    """POST with the cookies of the page."""
    token = next(one["value"] for one in tab.page.context.cookies() if one["name"] == "csrftoken")
    answer = tab.page.request.post(f"{tab.url}{path}", headers={"X-CSRFToken": token}, data=data)
    assert answer.ok, answer.text()
    return answer.json()


def bring(tab: Visitor, collection: str, *titles: str) -> list[str]:
    """Make a document of each title, which is its text too; returns their ids."""
    return [
        send(tab, "/api/documents/texts", {"title": title, "text": f"About {title}.", "collection": collection})["id"]
        for title in titles
    ]


def remove(tab: Visitor, document: str) -> None:
    """Delete a document with the cookies of the page."""
    token = next(one["value"] for one in tab.page.context.cookies() if one["name"] == "csrftoken")
    answer = tab.page.request.delete(f"{tab.url}/api/documents/{document}", headers={"X-CSRFToken": token})
    assert answer.ok, answer.text()


def titles(tab: Visitor, words: str) -> list[str]:
    """Of the batches that a search finds."""
    answer = tab.page.request.get(f"{tab.url}/api/batches", params={"search": words})
    return [batch["title"] for batch in answer.json()["results"]]


def begin(tab: Visitor, collection: str, *prompts: str, title: str = "") -> str:
    """Begin a batch over a collection and return its id."""
    columns = [{"name": f"Column {number}", "value": text} for number, text in enumerate(prompts, start=1)]
    wishes = {"collections": [collection], "prompts": columns, "title": title or collection}
    return str(send(tab, "/api/batches", wishes)["id"])


def begun(tab: Visitor, collection: str, *titles: str, prompts: tuple[str, ...] = ("What is it about?",)) -> str:
    """Bring documents, begin a batch over them and open it."""
    bring(tab, collection, *titles)
    batch = begin(tab, collection, *prompts)
    tab.go(f"/prompts/{batch}")
    expect(grid(tab)).to_be_visible()
    return batch


def grid(tab: Visitor) -> Locator:
    return tab.page.get_by_role("grid", name="Answers")


def cells(tab: Visitor, state: str) -> Locator:
    """The cells in view that are `done`, `failed` or `waiting`."""
    return grid(tab).locator(f"[role=gridcell][data-state={state}]")


def counts(tab: Visitor) -> Locator:
    return tab.page.locator(".batch-counts")


def wait_status(tab: Visitor, status: str) -> None:
    expect(tab.page.locator(f"st-job[data-status={status}]")).to_be_attached(timeout=60_000)


@contextmanager
def held(upstream: Upstream, count: int, words: str = "Held.") -> Iterator[None]:
    """So many answers come after half a minute, unless the test has gone on before."""
    upstream.scripts.extend(Script([words], before_s=30) for _ in range(count))
    try:
        yield
    finally:
        upstream.scripts.clear()


ENLARGE = """
import json
from django.utils import timezone
from backend.prompts.models import Batch, Cell, Row
batch = Batch.objects.get(pk={batch!r})
columns = len(batch.prompts)
Row.objects.bulk_create(
    [Row(batch=batch, position=n, title=f"Paper {{n:05}}", folded_title=f"paper {{n:05}}") for n in range(1, {rows})],
    batch_size=500,
)
Cell.objects.bulk_create(
    [
        Cell(batch=batch, row=n, column=column, status="failed" if n % 1000 == 7 and not column else "done",
             text=f"Answer {{n}} of {{column}}", error_message="It broke.", finished_at=timezone.now())
        for n in range(1, {rows}) for column in range(columns)
    ],
    batch_size=500,
)
cells = Cell.objects.filter(batch=batch)
Batch.objects.filter(pk=batch.pk).update(
    row_count={rows}, done=cells.filter(status="done").count(), failed=cells.filter(status="failed").count()
)
"""


ANSWER = """
from backend.prompts.models import Batch, Cell
from backend.prompts.services import cells
batch = Batch.objects.get(pk={batch!r})
Cell.objects.filter(batch=batch, row={row}).update(status="done")
cells.tell(batch, restart=True)
"""


def answer(stack: Stack, batch: str, row: int) -> None:
    """Have a row of a batch that failed be answered, as a second try does, and tell those who look at it."""
    stack.manage("shell", "--verbosity", "0", "--command", ANSWER.format(batch=batch, row=row))


def enlarge(stack: Stack, batch: str, rows: int) -> None:
    """Make a batch that has ended as long as that, as if all of it had been answered."""
    stack.manage("shell", "--verbosity", "0", "--command", ENLARGE.format(batch=batch, rows=rows))


def kept(tab: Visitor) -> dict[str, Any]:
    """The form as the browser keeps it."""
    script = "Object.entries(localStorage).find(([name]) => name.startsWith('stentor-batch-draft'))?.[1] ?? '{}'"
    return dict(json.loads(tab.page.evaluate(script)))


def choose(tab: Visitor, collection: str) -> None:
    """On the form of a new batch: the whole collection."""
    tab.go("/prompts/new")
    tab.page.get_by_role("checkbox", name=re.compile(f"^{collection} ")).check()


def write(tab: Visitor, words: str, number: int = 0) -> None:
    tab.page.get_by_label("Prompt", exact=True).nth(number).fill(words)


def write_much(tab: Visitor) -> None:
    """More than fits into a frame of the socket."""
    write(tab, "x" * 19_000)
    for number in range(1, 4):
        tab.button("Add a prompt").click()
        write(tab, "x" * 19_000, number)


def estimate(tab: Visitor) -> Locator:
    """What the batch would take, when it belongs to what is written."""
    return tab.page.locator(".estimate[data-state=fresh]")


def begin_requests(stack: Stack, person: Person, *questions: str) -> None:
    """Begin a batch of requests, as clients of OpenAI's API do."""
    messages = [[{"role": "user", "content": words}] for words in questions]
    lines = [
        {"custom_id": f"request-{number}", "method": "POST", "url": CHAT, "body": {"model": "small", "messages": said}}
        for number, said in enumerate(messages)
    ]
    headers = {"Authorization": f"Bearer {stack.token(person)}"}
    content = "\n".join(map(json.dumps, lines)).encode()
    with httpx.Client(base_url=stack.url, headers=headers, timeout=20) as client:
        file = client.post("/v1/files", files={"file": ("questions.jsonl", content)}, data={"purpose": "batch"})
        wishes = {"input_file_id": file.json()["id"], "endpoint": CHAT, "completion_window": "24h"}
        client.post("/v1/batches", json=wishes).raise_for_status()
