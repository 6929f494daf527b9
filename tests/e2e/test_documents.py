"""Many files brought at once to a running Stentor: read by its worker, told over the socket, found by their words."""

import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.follower import Follower
from tests.e2e.stack import Person, Stack, wait_for
from tests.engines.test_documents import docx, pdf
from tests.engines.test_documents_web_page import page
from tests.engines.test_documents_workbook import xlsx

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


class Reading(Follower):
    """Keeps the news of documents too, in their order."""

    def __init__(self, stack: Stack, person: Person) -> None:
        super().__init__(stack, person)
        self.documents: list[dict[str, Any]] = []

    def _take(self, frame: dict[str, Any]) -> None:
        super()._take(frame)
        if frame["type"] == "event" and frame["event"] == "document":
            self.documents.append(frame["data"])

    def statuses(self, document: dict[str, Any]) -> list[str]:
        return [one["status"] for one in self.documents if one["id"] == document["id"]]

    def ready(self) -> int:
        return sum(one["status"] == "ready" for one in self.documents)

    def has_ended(self, job: dict[str, Any]) -> bool:
        return bool(self.ends.get(job["id"]))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A Stentor of this module's own: its worker is killed."""
    with Stack("documents") as running:
        yield running


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Person:
    return stack.create_user("owner")


@pytest.fixture(scope="module")
def client(stack: Stack, owner: Person) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.token(owner)}"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=60) as opened:
        yield opened


def bring(client: httpx.Client, files: list[tuple[str, bytes]], collection: str) -> dict[str, Any]:
    sent = [("file", file) for file in files]
    ids = [str(number) for number in range(len(files))]
    answer = client.post("/api/documents/", files=sent, data={"collection": collection, "external_id": ids})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_thirty_files_of_all_kinds_are_read_told_and_found(stack: Stack, owner: Person, client: httpx.Client) -> None:
    kinds = [
        lambda word: word.encode(),
        pdf,
        lambda word: docx(),
        lambda word: xlsx({"One": [["a", word]]}),
        lambda word: page(f"<p>{word}"),
    ]
    files = [(f"{number}.bin", kinds[number % 5](f"Word{number}x.")) for number in range(29)]
    with Reading(stack, owner) as reading:
        wait_for(lambda: reading._position, "the socket follows")
        answer = bring(client, [*files, ("bad.bin", b"\x7fELF\0")], "thirty")
        wait_for(lambda: reading.has_ended(answer["job"]), "the files were read", 60)
        wait_for(lambda: len(reading.documents) == 60, "all was told")

    assert reading.faults == []
    assert reading.states[answer["job"]["id"]]["status"] == "completed"
    told = [reading.statuses(one) for one in answer["documents"]]
    assert told == [["reading", "ready"]] * 29 + [["reading", "error"]]
    found = client.get("/api/documents", params={"search": "word28X", "collection": "thirty"}).json()
    assert [one["external_id"] for one in found["results"]] == ["28"]
    assert client.get(f"/api/documents/{found['results'][0]['id']}/text").text == "# One\na\tWord28x."
    counted = client.get("/api/collections").json()["results"]
    assert [(one["name"], one["documents"]) for one in counted] == [("thirty", 30)]


def test_a_worker_that_is_killed_while_it_reads_leaves_the_rest_to_another(
    stack: Stack, owner: Person, client: httpx.Client
) -> None:
    with Reading(stack, owner) as reading:
        wait_for(lambda: reading._position, "the socket follows")
        answer = bring(client, [(f"{number}.txt", f"Text {number}.".encode()) for number in range(60)], "killed")
        wait_for(lambda: reading.ready() > 10, "some files were read", 60)
        stack.restart("documents", signal.SIGKILL)
        assert reading.ready() < 60, "it was killed too late"
        wait_for(lambda: reading.has_ended(answer["job"]), "the others were read", 90)
        wait_for(lambda: reading.ready() == 60, "all was told")

    assert (reading.faults, reading.connections) == ([], 1)
    assert reading.states[answer["job"]["id"]]["attempt"] == 2
    told = Counter((one["id"], one["status"]) for one in reading.documents)
    assert set(told.values()) == {1}
    texts = [client.get(f"/api/documents/{one['id']}/text").text for one in answer["documents"]]
    assert texts == [f"Text {number}." for number in range(60)]
    assert [path for path in (stack.home / "uploads" / "documents").iterdir() if path.is_file()] == []
