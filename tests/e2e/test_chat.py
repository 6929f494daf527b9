"""A conversation through the real server and worker, followed over the socket."""

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.e2e.stack import Stack, wait_for
from tests.engines.test_documents import docx
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stack(upstream: Upstream) -> Iterator[Stack]:
    with Stack(env={"OPENAI_BASE_URL": upstream.url, "CHAT_TITLES": "false"}) as running:
        yield running


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    return stack.token(stack.create_user("owner"))


def ask(stack: Stack, token: str, content: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{stack.url}/start_conversation/", json={"content": content}, headers=headers, timeout=20)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def follow(socket: ClientConnection, token: str, conversation: int) -> dict:
    """Subscribe; the snapshot."""
    socket.send(json.dumps({"type": "auth", "token": token}))
    socket.send(json.dumps({"id": 1, "type": "subscribe", "topic": f"conversation:{conversation}"}))
    while (frame := json.loads(socket.recv(20)))["type"] != "subscribed":
        pass
    return dict(frame["snapshot"])


def read_to_end(socket: ClientConnection, snapshot: dict) -> tuple[str, dict]:
    """The answer as a page writes it down from pieces, and the message that ends it."""
    message = snapshot["messages"][-1]
    text = message["content"]
    while message["response"]["status"] == "Generating":
        frame = json.loads(socket.recv(30))
        if frame["type"] != "event":
            continue
        data = frame["data"]
        if frame["event"] == "delta" and data["offset"] <= len(text):
            text = text[: data["offset"]] + data["text"]
        elif frame["event"] == "message" and data["id"] == message["id"]:
            message = data
    return text, message


def test_an_answer_streams_to_whoever_follows_from_whenever_on(stack: Stack, token: str, upstream: Upstream) -> None:
    words = [f" word{number}" for number in range(120)]
    upstream.scripts.append(Script(words, pause_s=0.02))
    conversation = ask(stack, token, "Count, please.")
    with connect(stack.ws_url) as early, connect(stack.ws_url) as late:
        follow(early, token, conversation)
        while json.loads(early.recv(30)).get("event") != "delta":
            pass
        second = follow(late, token, conversation)
        told, ended = read_to_end(late, second)
    assert told == "".join(words) == ended["content"]
    assert ended["response"]["status"] == "Completed"


def test_an_answer_is_stopped_within_a_moment_and_keeps_what_came(stack: Stack, token: str, upstream: Upstream) -> None:
    upstream.scripts.append(Script([f" word{number}" for number in range(2000)], pause_s=0.02))
    conversation = ask(stack, token, "Count on and on.")
    with connect(stack.ws_url) as socket:
        snapshot = follow(socket, token, conversation)
        while json.loads(socket.recv(30)).get("event") != "delta":
            pass
        answer = snapshot["messages"][-1]["id"]
        headers = {"Authorization": f"Bearer {token}"}
        stopped = httpx.post(f"{stack.url}/api/messages/{answer}/stop", json={}, headers=headers, timeout=20).json()
    assert stopped["response"]["finish_reason"] == "stopped"
    assert stopped["content"].startswith(" word0")
    assert upstream.wait_until_closed(5)


def test_the_model_reads_a_word_document_that_was_attached(stack: Stack, token: str, upstream: Upstream) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=20) as client:
        address = f"/api/conversations/{client.post('/api/conversations', json={}).json()['id']}"
        attached = client.post(f"{address}/attachments/file", files={"file": ("plan.docx", docx())})
        assert attached.status_code == 201, attached.text

        def is_ready() -> bool:
            (found,) = client.get(address).json()["attachments"]
            assert found["status"] != "Error", found
            return bool(found["status"] == "Ready")

        wait_for(is_ready, "the document is read")
        asked = len(upstream.requests)
        saying = {"content": "What follows the table?", "attachments": [attached.json()["id"]]}
        assert client.post(f"{address}/add_message/", json=saying).status_code == 201
        wait_for(lambda: len(upstream.requests) > asked, "the model is asked")
    assert "After it: ä 天" in str(upstream.requests[-1]["messages"])
    assert not [path for path in (stack.home / "uploads").rglob("*") if path.is_file()]
