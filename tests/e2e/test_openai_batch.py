"""OpenAI's own client has a file of requests answered by a running Stentor whose upstream is on loopback."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import openai
import pytest

from tests.e2e.stack import Stack, chat_env
from tests.e2e.table import Analyst, Table
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stack(upstream: Upstream) -> Iterator[Stack]:
    with Stack("work", env={**chat_env(upstream), "PROMPT_CELLS": "2"}) as running:
        yield running


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Analyst:
    return Analyst(stack, "owner")


@pytest.fixture(scope="module")
def client(stack: Stack, owner: Analyst) -> Iterator[openai.OpenAI]:
    key = owner.call("POST", "/api/keys", {"name": "SDK", "scopes": ["prompts"]}, status=201)["key"]
    with openai.OpenAI(base_url=f"{stack.url}/v1", api_key=key, timeout=60, max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_left(upstream: Upstream) -> Iterator[None]:
    yield
    upstream.scripts.clear()
    assert upstream.wait_until_closed(15)


def request(custom_id: str, content: str = "How are you?", **body: Any) -> dict[str, Any]:
    said = {"model": "small", "messages": [{"role": "user", "content": content}], **body}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": said}


def upload(client: openai.OpenAI, *requests: dict[str, Any]) -> str:
    content = "".join(f"{json.dumps(one)}\n" for one in requests).encode()
    return client.files.create(file=("requests.jsonl", io.BytesIO(content)), purpose="batch").id


def begin(client: openai.OpenAI, *requests: dict[str, Any], **wishes: Any) -> openai.types.Batch:
    file = upload(client, *requests)
    return client.batches.create(input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", **wishes)


def ended(client: openai.OpenAI, owner: Analyst, batch: openai.types.Batch) -> openai.types.Batch:
    """The batch when it has ended: its topic tells when."""
    with Table(owner, str(UUID(batch.id.removeprefix("batch_")))) as table:
        table.to_end()
        assert table.faults == []
    return client.batches.retrieve(batch.id)


def results(client: openai.OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    assert file_id is not None
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def test_a_file_of_requests_is_answered(client: openai.OpenAI, owner: Analyst, upstream: Upstream) -> None:
    upstream.scripts += [Script(status=400, error={"message": "no"}), Script(["Well.\u2028Done."])]
    begun = begin(client, *(request(str(number)) for number in range(5)), metadata={"team": "sails"})
    assert begun.status == "validating"

    batch = ended(client, owner, begun)

    assert (batch.status, batch.errors, batch.metadata) == ("completed", None, {"team": "sails"})
    counts = batch.request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (5, 4, 1)
    answers, failures = results(client, batch.output_file_id), results(client, batch.error_file_id)
    assert sorted(one["custom_id"] for one in answers + failures) == ["0", "1", "2", "3", "4"]
    texts = [one["response"]["body"]["choices"][0]["message"]["content"] for one in answers]
    assert sorted(texts) == ["Hello you!", "Hello you!", "Hello you!", "Well.\u2028Done."]
    assert failures[0]["response"]["body"]["error"]["code"] == "upstream_refused"
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_a_file_that_cannot_be_used_says_where(client: openai.OpenAI, owner: Analyst, upstream: Upstream) -> None:
    upstream.requests.clear()
    wrong = begin(client, request("a"), request("a"), request("b", temperature=7), request("c", model="huge"))

    batch = ended(client, owner, wrong)

    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert [(error.line, error.param) for error in batch.errors.data] == [
        (2, "custom_id"), (3, "body.temperature"), (4, "body.model"),
    ]  # fmt: skip
    assert upstream.requests == []


def test_a_batch_is_cancelled_and_its_file_deleted(client: openai.OpenAI, upstream: Upstream) -> None:
    upstream.scripts += [Script(before_s=30)] * 2
    batch = begin(client, *(request(str(number)) for number in range(10)))
    with pytest.raises(openai.ConflictError):
        client.files.delete(batch.input_file_id)

    cancelled = client.batches.cancel(batch.id)

    assert cancelled.status == "cancelled"
    assert upstream.wait_until_closed(15)
    assert client.files.delete(batch.input_file_id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(batch.input_file_id)


def test_lists_are_read_page_by_page(client: openai.OpenAI, owner: Analyst) -> None:
    batches = [begin(client, request("a")) for _ in range(3)]

    uploaded = [file.id for file in client.files.list(purpose="batch", limit=2)]
    begun = [batch.id for batch in client.batches.list(limit=1)]

    assert uploaded[:3] == [batch.input_file_id for batch in reversed(batches)]
    assert begun[:3] == [batch.id for batch in reversed(batches)]
    assert len(begun) == len(set(begun))
    for batch in batches:
        assert ended(client, owner, batch).status == "completed"


def test_a_worker_that_is_killed_loses_no_request(
    client: openai.OpenAI, owner: Analyst, upstream: Upstream, stack: Stack
) -> None:
    upstream.scripts += [Script(before_s=0.1)] * 30
    batch = begin(client, *(request(str(number)) for number in range(30)))
    with Table(owner, str(UUID(batch.id.removeprefix("batch_")))) as table:
        table.read(lambda: table.count["d"] >= 3)
        stack.restart("work", 9)
        assert table.to_end() == "completed"

    output = client.batches.retrieve(batch.id).output_file_id
    assert [one["custom_id"] for one in results(client, output)] == [str(number) for number in range(30)]


def test_errors_are_those_that_the_client_knows(client: openai.OpenAI, stack: Stack) -> None:
    file = upload(client, request("a"))
    with pytest.raises(openai.BadRequestError) as caught:
        client.batches.create(input_file_id=file, endpoint="/v1/embeddings", completion_window="24h")
    assert caught.value.param == "endpoint"
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_" + "0" * 32)
    answer = httpx.get(f"{stack.url}/v1/files", timeout=20)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
