"""OpenAI's own client and a `useChat` client against a running Stentor whose upstream is on loopback."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Self

import httpx
import openai
import pytest

from tests.e2e.browser import frozen
from tests.e2e.stack import Stack, chat_env, wait_for
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e

HELLO = [{"role": "user", "content": "How are you?"}]


def words(number: int) -> list[str]:
    return [f" word{one}" for one in range(number)]


@pytest.fixture(scope="module")
def stack(upstream: Upstream) -> Iterator[Stack]:
    with Stack("chat", env={**chat_env(upstream), "MAX_QUEUED_JOBS_PER_USER": "300"}) as running:
        yield running


@pytest.fixture(scope="module")
def bearer(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token(stack.create_user('owner'))}"}


@pytest.fixture(scope="module")
def key(stack: Stack, bearer: dict[str, str]) -> str:
    answer = httpx.post(f"{stack.url}/api/keys", json={"name": "SDK", "scopes": ["chat"]}, headers=bearer, timeout=20)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


@pytest.fixture(scope="module")
def client(stack: Stack, key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stack.url}/v1", api_key=key, timeout=60, max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_left(upstream: Upstream) -> Iterator[None]:
    yield
    upstream.scripts.clear()
    assert upstream.wait_until_closed(15)


def complete(client: openai.OpenAI, **options):
    return client.chat.completions.create(**{"model": "small", "messages": HELLO, **options})


def text_of(chunks) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


class TestSDK:
    def test_the_whole_answer(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(20)))
        answer = complete(client, temperature=0.5, max_completion_tokens=50, user="Ada")
        assert answer.choices[0].message.content == "".join(words(20))
        assert answer.choices[0].finish_reason == "stop"
        assert (answer.usage.total_tokens, answer.model) == (18, "small")
        assert upstream.requests[-1]["temperature"] == 0.5

    def test_a_stream_comes_word_by_word(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(60), pause_s=0.02, finish="length"))
        chunks = list(complete(client, stream=True, stream_options={"include_usage": True}))
        assert chunks[0].choices[0].delta.role == "assistant"
        assert text_of(chunks) == "".join(words(60))
        assert sum(1 for chunk in chunks if chunk.choices and chunk.choices[0].delta.content) > 5
        assert chunks[-2].choices[0].finish_reason == "length"
        assert (chunks[-1].choices, chunks[-1].usage.completion_tokens) == ([], 7)

    async def test_the_asynchronous_client(self, stack: Stack, key: str, upstream: Upstream) -> None:
        async with openai.AsyncOpenAI(base_url=f"{stack.url}/v1", api_key=key, timeout=60) as client:
            upstream.scripts += [Script(words(10)), Script(words(30), pause_s=0.01)]
            whole = await client.chat.completions.create(model="small", messages=HELLO)
            assert whole.choices[0].message.content == "".join(words(10))
            told = await client.chat.completions.create(model="small", messages=HELLO, stream=True)
            assert text_of([chunk async for chunk in told]) == "".join(words(30))

    def test_whoever_leaves_a_stream_stops_the_answer(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(3000), pause_s=0.02))
        stream = complete(client, stream=True)
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        assert upstream.open == 1
        stream.close()
        assert upstream.wait_until_closed(15)

    def test_whoever_gives_up_waiting_stops_the_answer(
        self, client: openai.OpenAI, upstream: Upstream, stack: Stack, bearer: dict[str, str]
    ) -> None:
        upstream.scripts.append(Script(words(3000), pause_s=0.02))
        impatient = client.with_options(timeout=httpx.Timeout(20, read=2))
        with pytest.raises(openai.APITimeoutError):
            complete(impatient, extra_headers={"X-Stainless-Read-Timeout": "600"})
        assert upstream.wait_until_closed(15)
        newest = httpx.get(f"{stack.url}/api/conversations/", headers=bearer, timeout=20).json()["results"][0]["id"]
        whole = httpx.get(f"{stack.url}/api/conversations/{newest}/", headers=bearer, timeout=20).json()
        answer = whole["messages"][-1]
        assert answer["response"]["finish_reason"] == "stopped"
        assert answer["content"].startswith(" word0 word1")

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_busy_upstream(self, client: openai.OpenAI, upstream: Upstream, stream: bool) -> None:
        upstream.scripts.append(Script(status=429, headers={"Retry-After": "7"}))
        with pytest.raises(openai.RateLimitError) as caught:
            complete(client, stream=stream)
        assert caught.value.response.headers["retry-after"] == "7"
        assert caught.value.code == "rate_limit_exceeded"

    def test_a_client_that_asks_again_gets_its_answer(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts += [Script(status=429, headers={"Retry-After": "1"}), Script(words(5))]
        assert complete(client.with_options(max_retries=2)).choices[0].message.content == "".join(words(5))

    def test_an_upstream_that_fails(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts.append(Script(status=500))
        with pytest.raises(openai.InternalServerError) as caught:
            complete(client)
        assert (caught.value.status_code, caught.value.code) == (502, "upstream_failed")

    def test_a_line_that_is_cut_in_the_middle(self, client: openai.OpenAI, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(10), cut_at=5, pause_s=0.1))
        chunks: list[object] = []
        stream = complete(client, stream=True)
        with pytest.raises(openai.APIError):
            chunks.extend(stream)
        assert text_of(chunks) == "".join(words(5))

    def test_errors_of_the_request_have_their_types(self, client: openai.OpenAI, stack: Stack) -> None:
        with pytest.raises(openai.BadRequestError) as caught:
            complete(client, tools=[{"type": "function", "function": {"name": "look"}}])
        assert caught.value.param == "tools"
        with pytest.raises(openai.NotFoundError):
            complete(client, model="huge")
        with (
            openai.OpenAI(base_url=f"{stack.url}/v1", api_key="wrong", max_retries=0) as stranger,
            pytest.raises(openai.AuthenticationError),
        ):
            complete(stranger)

    def test_the_models(self, client: openai.OpenAI) -> None:
        assert [model.id for model in client.models.list()] == ["large", "small"]
        assert client.models.retrieve("small").owned_by == "stentor"


class TestMany:
    def test_a_hundred_streams_at_once(self, stack: Stack, key: str, upstream: Upstream) -> None:
        assert asyncio.run(self.ask_all(stack, key, 100)) == ["Hello you!"] * 100

    def test_many_that_wait_are_in_nobodys_way(
        self, stack: Stack, key: str, bearer: dict[str, str], upstream: Upstream
    ) -> None:
        def waiting() -> int:
            jobs = httpx.get(f"{stack.url}/api/jobs/?kind=answer&page_size=100", headers=bearer, timeout=20).json()[
                "results"
            ]
            return [job["status"] for job in jobs].count("queued")

        with ThreadPoolExecutor(1) as pool:
            with frozen(stack, "chat"):
                answers = pool.submit(lambda: asyncio.run(self.ask_all(stack, key, 30)))
                wait_for(lambda: waiting() == 30, "all of them wait")
                for address in ("/health/live", "/api/conversations/", "/v1/models", "/"):
                    assert httpx.get(stack.url + address, headers=bearer, timeout=12).status_code == 200
            assert answers.result(100) == ["Hello you!"] * 30

    @staticmethod
    async def ask_all(stack: Stack, key: str, number: int) -> list[str]:
        limits = httpx.Limits(max_connections=number)

        async def ask(client: httpx.AsyncClient) -> str:
            body = {"messages": HELLO, "stream": True}
            answer = await client.post(f"{stack.url}/v1/chat/completions", json=body)
            assert answer.status_code == 200, answer.text
            lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
            assert all('"choices"' in line for line in lines), lines
            deltas = [json.loads(line)["choices"][0]["delta"] for line in lines]
            return "".join(delta.get("content", "") for delta in deltas)

        held = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(limits=limits, timeout=100, headers=held) as client:
            return await asyncio.gather(*(ask(client) for _ in range(number)))


class Reader:
    """Reads the UI message stream as `useChat` does: the text of one message."""

    def __init__(self, response: httpx.Response) -> None:
        assert response.status_code == 200
        assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
        self.text = ""
        self.types: list[str] = []
        self.last_id = ""
        self._lines = response.iter_lines()

    def read(self, until: int = 10**9) -> Self:
        """Read to the end, or until so many events were read."""
        for line in self._lines:
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            if line.startswith("data: {"):
                self.take(json.loads(line.removeprefix("data: ")))
            if len(self.types) >= until:
                break
        return self

    def take(self, data: dict[str, str]) -> None:
        self.types.append(data["type"])
        if data["type"] == "start":
            self.text = ""
        if data["type"] == "text-delta":
            self.text += data["delta"]


class TestUseChat:
    @pytest.fixture
    def http(self, stack: Stack, bearer: dict[str, str]) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=stack.url, headers=bearer, timeout=60) as made:
            yield made

    @staticmethod
    @contextmanager
    def saying(http: httpx.Client, chat: str, content: str = "Count.") -> Iterator[httpx.Response]:
        message = {"id": "m1", "role": "user", "parts": [{"type": "text", "text": content}]}
        body = {"id": chat, "messages": [message], "trigger": "submit-message"}
        with http.stream("POST", "/api/chat", json=body) as response:
            yield response

    def test_a_stream_that_is_cut_and_resumed_gives_the_same_text(self, http: httpx.Client, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(150), pause_s=0.02))
        with self.saying(http, "cut") as response:
            first = Reader(response).read(until=12)
        with http.stream("GET", "/api/chat/cut/stream") as response:
            second = Reader(response).read(until=12)
        with http.stream("GET", "/api/chat/cut/stream", headers={"Last-Event-ID": second.last_id}) as response:
            third = Reader(response).read()
        assert 0 < len(first.text) < len(second.text)
        assert second.text + third.text == "".join(words(150))
        assert second.types[:3] == ["start", "start-step", "text-start"]
        assert set(third.types[:-3]) == {"text-delta"}
        assert third.types[-3:] == ["text-end", "finish-step", "finish"]
        assert http.get("/api/chat/cut/stream").status_code == 204
        assert http.get("/api/chat/cut/stream", headers={"Last-Event-ID": third.last_id}).status_code == 204

    def test_whoever_comes_back_after_the_end_gets_the_rest(self, http: httpx.Client, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(60), pause_s=0.02))
        with self.saying(http, "late") as response:
            first = Reader(response).read(until=8)
        wait_for(lambda: http.get("/api/chat/late/stream").status_code == 204, "the answer has ended")
        with http.stream("GET", "/api/chat/late/stream", headers={"Last-Event-ID": first.last_id}) as response:
            second = Reader(response).read()
        assert first.text + second.text == "".join(words(60))

    def test_stopping(self, http: httpx.Client, upstream: Upstream) -> None:
        upstream.scripts.append(Script(words(3000), pause_s=0.02))
        with self.saying(http, "stop") as response:
            stopping = threading.Timer(1.0, lambda: http.post("/api/chat/stop/stop"))
            stopping.start()
            reader = Reader(response).read()
            stopping.join()
        assert reader.types[-2:] == ["text-end", "abort"]
        assert upstream.wait_until_closed(15)

    def test_an_error_is_told_in_the_stream(self, http: httpx.Client, upstream: Upstream) -> None:
        upstream.scripts.append(Script(status=401))
        with self.saying(http, "error") as response:
            reader = Reader(response).read()
        assert reader.types == ["start", "start-step", "error"]

    def test_the_web_process_is_killed_in_the_middle(
        self, http: httpx.Client, stack: Stack, upstream: Upstream
    ) -> None:
        upstream.scripts.append(Script(words(400), pause_s=0.02))
        with self.saying(http, "killed") as response, ThreadPoolExecutor(1) as pool:
            first = Reader(response).read(until=8)
            killing = pool.submit(stack.kill, "web")
            with pytest.raises(httpx.TransportError):
                first.read()
            stack.wait_restarted("web", killing.result())
        with http.stream("GET", "/api/chat/killed/stream", headers={"Last-Event-ID": first.last_id}) as response:
            second = Reader(response).read()
        assert first.text + second.text == "".join(words(400))
        assert second.types[-1] == "finish"
