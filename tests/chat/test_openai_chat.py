"""OpenAI's chat API in process: what is refused with which error, the shapes of the answers, and what is kept."""

import asyncio
import json

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.test import AsyncClient
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from rest_framework.test import APIClient

from backend.accounts import services, tokens
from backend.chat.models import AIResponse, Conversation, Message
from backend.chat.services import answering, generating
from backend.core.database import release_connections
from backend.core.errors import AppError
from backend.jobs.errors import NotClaimed
from backend.jobs.models import Job
from backend.jobs.running import running
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
ADDRESS = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "How are you?"}]


def headers(user) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.token_pair(user)['access']}"}


def refused(user, **body):
    """What an in-process client is told: nothing here waits for an answer."""
    client = APIClient(headers=headers(user))
    return client.post(ADDRESS, {"messages": HELLO, **body}, format="json")


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ({"messages": []}, "invalid", "messages"),
            ({"messages": "Hello"}, "invalid", "messages"),
            ({"messages": [{"role": "assistant", "content": "I am"}]}, "invalid", "messages"),
            ({"messages": [{"role": "user", "content": " "}]}, "invalid", "messages"),
            ({"messages": [{"role": "tool", "content": "4"}]}, "invalid", "messages.0.role"),
            ({"messages": [{"role": "user", "content": 7}]}, "invalid", "messages.0.content"),
            ({"messages": [{"role": "user", "content": "a\x00b"}]}, "invalid", "messages.0.content"),
            (
                {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
                "invalid",
                "messages.0.content",
            ),
            ({"temperature": 3}, "invalid", "temperature"),
            ({"max_tokens": 0}, "invalid", "max_tokens"),
            ({"tools": [{"type": "function"}]}, "unsupported_option", "tools"),
            ({"n": 2}, "unsupported_option", "n"),
            ({"response_format": {"type": "json_object"}}, "unsupported_option", "response_format"),
            ({"stop": ["\n"]}, "unsupported_option", "stop"),
        ],
    )
    def test_an_error_is_in_the_envelope_and_names_the_field(self, owner, upstream, body, code, param):
        answer = refused(owner, **body)

        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (400, code, param)
        assert (error["type"], answer["X-Should-Retry"]) == ("invalid_request_error", "false")
        assert error["message"]
        assert not Conversation.objects.exists()

    def test_a_body_that_is_no_object(self, owner):
        answer = APIClient(headers=headers(owner)).post(ADDRESS, [1], format="json")

        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")

    def test_half_of_a_surrogate_pair_is_no_text(self, owner):
        body = json.dumps({"messages": [{"role": "user", "content": "\ud800"}]})

        answer = APIClient(headers=headers(owner)).generic("POST", ADDRESS, body, content_type="application/json")

        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "messages.0.content")

    def test_a_model_that_is_not_here(self, owner, upstream):
        answer = refused(owner, model="huge")

        assert (answer.status_code, answer.json()["error"]["param"]) == (404, "model")

    def test_a_wrong_key(self, db):
        answer = APIClient(headers={"Authorization": "Bearer wrong"}).post(ADDRESS, {}, format="json")

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        error = answer.json()["error"]
        assert (error["code"], error["type"]) == ("invalid_api_key", "authentication_error")

    def test_nobody_is_not_let_in(self, db):
        answer = APIClient().post(ADDRESS, {"messages": HELLO}, format="json")

        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")

    def test_a_key_needs_the_scope(self, owner):
        _, secret = services.create_key(user=owner, name="a program", scopes=["speech"])

        answer = APIClient(headers={"Authorization": f"Bearer {secret}"}).post(ADDRESS, {}, format="json")

        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")

    def test_past_the_quota_a_client_learns_when_to_come_back(self, owner, upstream, configure):
        configure(max_queued_jobs_per_user=0)

        answer = refused(owner)

        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert answer.json()["error"]["code"] == "rate_limit_exceeded"
        assert not Conversation.objects.exists()

    def test_an_upstream_that_cannot_be_reached_is_told_at_once(self, owner, configure):
        configure(chat_engine="auto", openai_base_url="http://127.0.0.1:9/v1")

        answer = refused(owner)

        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_failed")
        assert not Conversation.objects.exists()


def work() -> None:
    """What the worker does with the newest job."""
    job = Job.objects.latest("created_at")
    try:
        with running(job.pk) as run:
            generating.run(run)
    except NotClaimed:
        return
    finally:
        release_connections()


def newest_waits() -> bool:
    try:
        return Job.objects.filter(status="queued").exists()
    finally:
        release_connections()


async def ask(asker, **body):
    """Send a request and do the worker's work on it: the answer."""
    asking = asyncio.ensure_future(send(asker, **body))
    while not (asking.done() or await sync_to_async(newest_waits)()):  # noqa: ASYNC110 (a row in a database)
        await asyncio.sleep(0.02)
    if not asking.done():
        await sync_to_async(work, thread_sensitive=False)()
    return await asking


async def send(asker, **body):
    held = await sync_to_async(headers)(asker)
    body = json.dumps({"messages": HELLO, **body})
    async with ThreadSensitiveContext():  # a thread for each request, as the server has it
        return await AsyncClient().post(ADDRESS, body, content_type="application/json", headers=held)


async def events_of(response) -> list:
    """The data of a stream's events; a comment is its text."""
    told = b"".join([part async for part in response.streaming_content]).decode()
    blocks = [block.removeprefix("data: ") for block in told.split("\n\n") if block]
    return [json.loads(block) if block.startswith("{") else block for block in blocks]


@pytest.mark.usefixtures("live_loop")
class TestAnswers:
    async def test_the_whole_answer(self, owner, upstream):
        upstream.scripts.append(Script(["Well", ", thank you."]))

        response = await ask(owner)

        read = ChatCompletion.model_validate(response.json(), strict=True)
        assert (read.choices[0].message.content, read.choices[0].finish_reason) == ("Well, thank you.", "stop")
        assert (read.usage.prompt_tokens, read.usage.completion_tokens, read.usage.total_tokens) == (11, 7, 18)
        assert read.model == "large"

    async def test_a_stream(self, owner, upstream):
        upstream.scripts.append(Script([f" word{number}" for number in range(40)], pause_s=0.01, finish="length"))

        response = await ask(owner, stream=True, stream_options={"include_usage": True}, model="small")

        assert response.headers["Content-Type"] == "text/event-stream"
        *chunks, done = await events_of(response)
        assert done == "[DONE]"
        read = [ChatCompletionChunk.model_validate(chunk) for chunk in chunks]
        assert read[0].choices[0].delta.role == "assistant"
        text = "".join(one.choices[0].delta.content or "" for one in read if one.choices)
        assert text == "".join(f" word{number}" for number in range(40))
        assert [one.choices[0].finish_reason for one in read if one.choices][-1] == "length"
        assert (read[-1].choices, read[-1].usage.total_tokens) == ([], 18)
        assert {one.model for one in read} == {"small"}

    async def test_without_a_wish_there_is_no_usage_in_a_stream(self, owner, upstream):
        events = await events_of(await ask(owner, stream=True))

        assert not any("usage" in one for one in events[:-1])

    async def test_the_model_gets_what_was_said_and_wished(self, owner, upstream):
        said = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "?"}]},
            {"role": "assistant", "content": "Two."},
            {"role": "user", "content": "Three?", "name": "Ada"},
        ]
        await ask(owner, messages=said, temperature=0.5, max_completion_tokens=50, seed=7, user="Ada", n=1, tools=[])

        sent = upstream.requests[-1]
        assert [(one["role"], one["content"]) for one in sent["messages"]] == [
            ("system", "Be brief."), ("user", "One?"), ("assistant", "Two."), ("user", "Three?"),
        ]  # fmt: skip
        assert (sent["temperature"], sent["max_tokens"], sent["model"]) == (0.5, 50, "large")

    async def test_what_was_said_is_a_conversation_of_its_owner(self, owner, teammate, stranger, upstream):
        response = await ask(owner, messages=[{"role": "assistant", "content": "Hello."}, *HELLO])

        ident = int(response.headers["X-Stentor-Conversation"])
        await sync_to_async(self.check_conversation)(ident, owner, (teammate, stranger))

    @staticmethod
    def check_conversation(ident, owner, others):
        whole = APIClient(headers=headers(owner)).get(f"/api/conversations/{ident}/").json()
        assert (whole["title"], whole["status"]) == ("How are you?", "Active")
        assert [(one["sender"], one["content"]) for one in whole["messages"]] == [
            ("ai", "Hello."), ("user", "How are you?"), ("ai", "Hello you!"),
        ]  # fmt: skip
        parents = [one["parent"] for one in whole["messages"]]
        assert parents == [None, *(one["id"] for one in whole["messages"][:2])]
        for other in others:
            assert APIClient(headers=headers(other)).get(f"/api/conversations/{ident}/").status_code == 404

    @pytest.mark.parametrize("stream", [False, True])
    async def test_a_busy_upstream_is_too_many_requests_and_says_when(self, owner, upstream, stream):
        upstream.scripts.append(Script(status=429, headers={"Retry-After": "7"}))

        response = await ask(owner, stream=stream)

        assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
        error = response.json()["error"]
        assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")
        assert "X-Should-Retry" not in response.headers

    async def test_a_refusal_of_the_upstream_is_not_to_be_repeated(self, owner, upstream):
        upstream.scripts.append(Script(status=401))

        response = await ask(owner, stream=True)

        assert (response.status_code, response.headers["X-Should-Retry"]) == (502, "false")
        assert response.json()["error"]["code"] == "upstream_refused"

    async def test_an_error_in_the_middle_is_an_event_and_the_end(self, owner, upstream):
        upstream.scripts.append(Script(["Well", ", ", "you"], cut_at=2, pause_s=0.2))

        events = await events_of(await ask(owner, stream=True))

        assert events[-1]["error"]["type"] == "server_error"
        assert "".join(one["choices"][0]["delta"].get("content", "") for one in events[:-1]) == "Well, "

    async def test_the_time_of_an_answer_is_limited(self, owner, upstream, monkeypatch):
        monkeypatch.setattr("backend.chat.api.openai_chat.patience", lambda _: 0.3)

        response = await send(owner)

        assert (response.status_code, response.json()["error"]["code"]) == (504, "timeout")
        assert await sync_to_async(newest_reason)() == "stopped"

    async def test_a_silent_stream_is_kept_open(self, owner, upstream, monkeypatch):
        monkeypatch.setattr("backend.chat.api.openai_chat.SILENCE_S", 0.1)
        monkeypatch.setattr("backend.chat.api.openai_chat.STREAM_S", 0.5)

        events = await events_of(await send(owner, stream=True))

        assert events[0]["choices"][0]["delta"]["role"] == "assistant"
        assert set(events[1:-1]) == {": thinking"}
        assert events[-1]["error"]["code"] == "timeout"

    async def test_an_answer_that_somebody_stops_ends_with_what_came(self, owner, upstream):
        asking = asyncio.ensure_future(send(owner))
        while not await sync_to_async(newest_waits)():  # noqa: ASYNC110 (a row in a database)
            await asyncio.sleep(0.02)
        await sync_to_async(stop_newest)(owner)

        assert (await asking).json()["choices"][0]["finish_reason"] == "stop"

    async def test_whoever_leaves_stops_the_answer(self, owner, upstream):
        asking = asyncio.ensure_future(send(owner, stream=True))
        while not await sync_to_async(newest_waits)():  # noqa: ASYNC110 (a row in a database)
            await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

        async with asyncio.timeout(20):
            while await sync_to_async(newest_reason)() != "stopped":  # noqa: ASYNC110 (a row in a database)
                await asyncio.sleep(0.02)


def newest_reason() -> str:
    try:
        return AIResponse.objects.latest("created_at").finish_reason
    finally:
        release_connections()


def stop_newest(user) -> None:
    answering.stop(user, Message.objects.get(response__status="Generating"))


class TestModels:
    def test_the_list_holds_the_models_for_chat_beside_those_for_speech(self, owner, upstream):
        names = [one["id"] for one in APIClient(headers=headers(owner)).get("/v1/models").json()["data"]]

        assert names[0] == "whisper-1"
        assert names[-2:] == ["large", "small"]

    def test_the_list_holds_only_what_is_allowed(self, owner, upstream, configure):
        configure(chat_models=["small"])

        names = [one["id"] for one in APIClient(headers=headers(owner)).get("/v1/models").json()["data"]]

        assert "small" in names
        assert "large" not in names

    def test_a_key_sees_what_it_may_use(self, owner, upstream):
        _, secret = services.create_key(user=owner, name="a program", scopes=["chat"])
        client = APIClient(headers={"Authorization": f"Bearer {secret}"})

        assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["large", "small"]
        assert client.get("/v1/models/small").json()["object"] == "model"
        assert client.get("/v1/models/whisper-1").status_code == 404

    def test_an_upstream_that_does_not_answer_hides_nothing_else(self, owner, configure):
        configure(chat_engine="auto", openai_base_url="http://127.0.0.1:9/v1", chat_model="small")

        names = [one["id"] for one in APIClient(headers=headers(owner)).get("/v1/models").json()["data"]]

        assert (names[0], names[-1]) == ("whisper-1", "small")


def test_an_answer_that_was_removed_is_not_found():
    from backend.chat.services.following import _Answer

    with pytest.raises(AppError, match="removed"):
        _Answer(1, 0).look()
