"""Conversations through the real server and worker, followed over the socket: everybody sees the same."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.reading import Chatter, Reading
from tests.e2e.stack import Stack, chat_env, wait_for
from tests.engines.test_documents import docx
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e

SOCKETS = 10


def counted(number: int) -> list[str]:
    return [f" word{at}" for at in range(number)]


@pytest.fixture(scope="module")
def stack(upstream: Upstream) -> Iterator[Stack]:
    with Stack("chat", env=chat_env(upstream)) as running:
        yield running


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Chatter:
    return Chatter(stack, "owner")


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Chatter:
    return Chatter(stack, "stranger")


def test_an_answer_streams_to_whoever_follows_from_whenever_on(owner: Chatter, upstream: Upstream) -> None:
    upstream.scripts.append(Script(counted(120), pause_s=0.02))
    conversation = owner.ask("Count, please.")
    with Reading(owner, conversation) as early:
        early.read(lambda: early.pieces > 2)
        with Reading(owner, conversation) as late:
            ended = late.to_end()
            assert early.to_end() == ended
    assert ended["content"] == "".join(counted(120))
    assert ended["response"]["status"] == "Completed"
    assert early.faults + late.faults == []


def test_ten_sockets_write_down_the_same_answer(owner: Chatter, upstream: Upstream) -> None:
    upstream.scripts.append(Script(counted(150), pause_s=0.015))
    conversation = owner.ask("Count for all of us.")
    with ExitStack() as opened:
        readings = [opened.enter_context(Reading(owner, conversation)) for _ in range(SOCKETS)]
        threads = [threading.Thread(target=reading.to_end) for reading in readings]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    stored = owner.stored(conversation)
    assert stored["content"] == "".join(counted(150))
    assert [reading.message for reading in readings] == [stored] * SOCKETS
    assert all(reading.pieces > 10 for reading in readings)
    assert [fault for reading in readings for fault in reading.faults] == []


def test_a_stop_from_another_device_ends_the_request_and_both_see_the_same_end(
    stack: Stack, owner: Chatter, upstream: Upstream
) -> None:
    upstream.scripts.append(Script(counted(2000), pause_s=0.02))
    conversation = owner.ask("Count on and on.")
    with Reading(owner, conversation) as here, Reading(owner, conversation) as there:
        here.read(lambda: here.pieces > 3)
        with connect(stack.ws_url) as device:
            device.send(json.dumps({"type": "auth", "token": stack.token(owner.person)}))
            stop = {"id": 2, "type": "chat.stop", "data": {"message_id": here.message["id"]}}
            device.send(json.dumps(stop))
            while json.loads(device.recv(10))["type"] != "reply":
                pass
        asked = time.monotonic()
        assert upstream.wait_until_closed(15)
        ended = here.to_end(), there.to_end()
    assert ended[0] == ended[1] == owner.stored(conversation)
    assert ended[0]["response"]["finish_reason"] == "stopped"
    assert ended[0]["response"]["status"] == "Completed"
    assert ended[0]["content"].startswith(" word0 word1")
    assert "".join(counted(2000)).startswith(ended[0]["content"])
    assert here.faults + there.faults == []
    assert time.monotonic() - asked < 15


def test_the_tokens_of_a_stopped_answer_are_estimated(owner: Chatter, upstream: Upstream) -> None:
    upstream.scripts.append(Script(counted(2000), pause_s=0.02))
    conversation = owner.ask("How many tokens?")
    with Reading(owner, conversation) as reading:
        reading.read(lambda: reading.pieces > 3)
        owner.order("stop", reading.message["id"])
        response = reading.to_end()["response"]
    assert response["is_estimated"]
    assert response["completion_tokens"] > 0
    assert response["prompt_tokens"] > 0


def test_a_reader_who_is_cut_again_and_again_loses_nothing(owner: Chatter, upstream: Upstream) -> None:
    chance = random.Random(7)
    upstream.scripts.append(Script(counted(300), pause_s=0.01))
    conversation = owner.ask("Count while I ride through tunnels.")
    with Reading(owner, conversation) as reading:
        while not reading.has_ended:
            target = reading.pieces + chance.randint(0, 8)
            reading.read(lambda until=target: reading.has_ended or reading.pieces >= until)
            reading.cut()
            time.sleep(chance.uniform(0, 0.15))
    assert reading.message == owner.stored(conversation)
    assert reading.text == "".join(counted(300))
    assert reading.connections > 5
    assert (reading.faults, reading.afresh) == ([], 1)


def test_an_answer_of_a_megabyte_arrives_whole(owner: Chatter, upstream: Upstream) -> None:
    # As JSON it is half as long again: more than a socket's queue holds.
    lines = [f"{number:07}" + "ä" * 200 + '\\"' * 245 + "\n" for number in range(1100)]
    upstream.scripts.append(Script(lines))
    conversation = owner.ask("Write a book.")
    with Reading(owner, conversation) as reading:
        ended = reading.to_end()
        assert ended["content"] == "".join(lines)
        assert len(ended["content"].encode()) > 980_000
    assert ended["response"]["finish_reason"] == "stop"
    assert reading.faults == []
    with Reading(owner, conversation) as again:
        assert again.text == "".join(lines)


@pytest.mark.parametrize("choices", ["empty", "null"])
def test_the_upstream_counts_the_tokens(owner: Chatter, upstream: Upstream, choices: str) -> None:
    upstream.scripts.append(Script(usage=choices))
    conversation = owner.ask("Hello?")
    with Reading(owner, conversation) as reading:
        response = reading.to_end()["response"]
    assert (response["prompt_tokens"], response["completion_tokens"], response["is_estimated"]) == (11, 7, False)


def test_a_stranger_follows_nothing_of_it(owner: Chatter, stranger: Chatter, stack: Stack) -> None:
    conversation = owner.ask("Between us.")
    stranger.call("GET", f"/api/conversations/{conversation}", status=404)
    with connect(stack.ws_url) as socket:
        socket.send(json.dumps({"type": "auth", "token": stranger.token}))
        socket.send(json.dumps({"id": 1, "type": "subscribe", "topic": f"conversation:{conversation}"}))
        while (frame := json.loads(socket.recv(10)))["type"] == "welcome":
            pass
    assert (frame["type"], frame["code"]) == ("error", "not_found")


def test_the_model_reads_a_word_document_that_was_attached(stack: Stack, owner: Chatter, upstream: Upstream) -> None:
    headers = {"Authorization": f"Bearer {owner.token}"}
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
