"""The AI SDK's message stream in process: what a `useChat` client sends, and what it is told."""

import asyncio
import json

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import IntegrityError, transaction
from django.test import AsyncClient
from rest_framework.test import APIClient

from backend.accounts import services, tokens
from backend.chat.api.ui_stream_events import Place
from backend.chat.models import AIResponse, Conversation, Message
from backend.chat.services import answering, client_chats, conversations
from backend.core.database import release_connections
from backend.core.redis_pools import sync_redis
from backend.jobs.models import Job
from backend.live import log
from backend.live.log import Draft

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def headers(user) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.token_pair(user)['access']}"}


def said(text: str = "How are you?", **fields) -> dict:
    return {"id": "m1", "role": "user", "parts": [{"type": "text", "text": text}], **fields}


def post(user, **body) -> object:
    """What is answered, with the stream of it unread."""
    body = {"id": "chat-1", "messages": [said()], "trigger": "submit-message", **body}
    return APIClient(headers=headers(user)).post("/api/chat", body, format="json")


def newest() -> Message:
    return Message.objects.select_related("response", "conversation").latest("id")


def finish(text: str = "An answer.", reason: str = "stop", **values) -> Message:
    """End the answer that is being made, as its worker would."""
    response = AIResponse.objects.select_related("message__conversation").get(status="Generating")
    with transaction.atomic():
        answering.end(response, reason, text=text, **values)
    release_connections()
    return response.message


def tell(message: Message, offset: int, text: str) -> None:
    """Tell a piece of an answer, as its worker would."""
    data = json.dumps({"message": message.pk, "offset": offset, "text": text})
    assert log.append(Draft(message.conversation.topic, "delta", data, "2026-01-01T00:00:00.000+00:00"))


class TestRequests:
    def test_the_first_message_begins_the_conversation_of_that_id(self, owner):
        response = post(owner)

        assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
        assert response["x-vercel-ai-ui-message-stream"] == "v1"
        conversation = Conversation.objects.get(user=owner, client_id="chat-1")
        assert response["X-Stentor-Conversation"] == str(conversation.pk)
        assert (newest().parent.content, conversation.title) == ("How are you?", "How are you?")
        assert Job.objects.get().kind == "answer"

    def test_only_the_last_message_is_added(self, owner):
        post(owner)
        finish()

        post(owner, messages=[said(), {"id": "x", "role": "assistant", "parts": [{"type": "step-start"}]}, said("So?")])

        assert [one.content for one in Message.objects.order_by("order")] == ["How are you?", "", "So?", ""]
        assert Conversation.objects.count() == 1

    def test_two_people_may_use_the_same_id(self, owner, stranger):
        first, second = post(owner), post(stranger)

        assert first["X-Stentor-Conversation"] != second["X-Stentor-Conversation"]

    def test_one_person_has_one_conversation_of_an_id(self, owner):
        conversations.create(owner, client_id="chat-1")

        with pytest.raises(IntegrityError), transaction.atomic():
            conversations.create(owner, client_id="chat-1")
        assert client_chats._begin(owner, "chat-1").client_id == "chat-1"

    def test_a_second_message_waits_for_the_answer_to_the_first(self, owner):
        post(owner)

        answer = post(owner, messages=[said("Well?")])

        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    def test_an_answer_is_made_anew_beside_the_old_one(self, owner):
        post(owner)
        old = finish()

        assert post(owner, trigger="regenerate-message", messageId=str(old.pk)).status_code == 200

        assert (newest().parent_id, newest().pk != old.pk) == (old.parent_id, True)
        finish()
        assert post(owner, trigger="regenerate-message").status_code == 200

    def test_an_answer_that_is_not_shown_is_not_made_anew(self, owner):
        assert post(owner, trigger="regenerate-message").status_code == 404

    def test_a_message_is_replaced_by_its_place_behind_an_answer(self, owner):
        post(owner)
        first = finish()
        post(owner, messages=[said("So?", id="mine")])
        finish()

        answer = {"id": str(first.pk), "role": "assistant", "parts": [{"type": "text", "text": "An answer."}]}
        post(owner, messages=[said(), answer, said("And?", id="mine")], messageId="mine")

        assert (newest().parent.content, newest().parent.parent_id) == ("And?", first.pk)

    def test_the_first_message_is_replaced(self, owner):
        post(owner)
        finish()

        post(owner, messages=[said("And you?")], messageId="m1")

        assert (newest().parent.content, newest().parent.parent_id) == ("And you?", None)

    def test_a_message_is_replaced_by_its_number(self, owner):
        post(owner)
        first = finish().parent

        post(owner, messages=[said("And you?")], messageId=str(first.pk))

        assert newest().parent.content == "And you?"

    def test_a_message_that_is_not_shown_is_not_replaced(self, owner):
        post(owner)
        finish()

        unknown = {"id": "unknown", "role": "assistant", "parts": []}
        assert post(owner, messages=[unknown, said("And?")], messageId="m7").status_code == 404

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"id": ""}, "id"),
            ({"id": "a/b"}, "id"),
            ({"messages": []}, "messages"),
            ({"messages": [said(" ")]}, "messages"),
            ({"messages": [said("a\x00b")]}, "messages"),
            ({"messages": [said(role="assistant")]}, "messages"),
            ({"messages": [said(parts=[{"type": "file", "url": "data:,x", "mediaType": "a/b"}])]}, "messages"),
            ({"trigger": "resume-stream"}, "trigger"),
        ],
    )
    def test_what_cannot_be_understood(self, owner, body, field):
        answer = post(owner, **body)

        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert not Conversation.objects.exists()

    def test_nobody_and_keys_without_the_scope_are_not_let_in(self, owner):
        _, secret = services.create_key(user=owner, name="a program", scopes=["speech"])

        assert APIClient().post("/api/chat", {}, format="json").status_code == 401
        client = APIClient(headers={"Authorization": f"Bearer {secret}"})
        assert client.post("/api/chat", {}, format="json").status_code == 403
        assert client.get("/api/chat/chat-1/stream").status_code == 403

    def test_what_is_not_yours_is_not_there(self, owner, teammate, stranger):
        post(owner)

        for other in (teammate, stranger):
            client = APIClient(headers=headers(other))
            assert client.get("/api/chat/chat-1/stream").status_code == 204
            assert (
                client.get("/api/chat/chat-1/stream", headers={"Last-Event-ID": f"{newest().pk}-0"}).status_code == 204
            )
            assert client.post("/api/chat/chat-1/stop").status_code == 404
        assert newest().response.status == "Generating"

    def test_stopping_ends_the_answer_and_may_be_repeated(self, owner):
        post(owner)
        client = APIClient(headers=headers(owner))

        assert client.post("/api/chat/chat-1/stop").status_code == 204
        assert client.post("/api/chat/chat-1/stop").status_code == 204
        assert newest().response.finish_reason == "stopped"
        assert client.get("/api/chat/chat-1/stream").status_code == 204


async def read(user, **held) -> list:
    """Come back to the answer: the events of its stream; the last id stands at the end of the list."""
    held |= await sync_to_async(headers)(user)
    async with ThreadSensitiveContext():  # a thread for each request, as the server has it
        response = await AsyncClient().get("/api/chat/chat-1/stream", headers=held)
        assert response.status_code == 200
        told = b"".join([part async for part in response.streaming_content]).decode()
    lines = [line for line in told.splitlines() if line.startswith(("id: ", "data: {"))]
    ids = [line.removeprefix("id: ") for line in lines if line.startswith("id")]
    return [*(json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data")), ids[-1]]


@pytest.mark.usefixtures("live_loop")
class TestStream:
    @pytest.fixture
    def answer(self, owner) -> Message:
        post(owner)
        return newest()

    @pytest.fixture
    def told(self, answer) -> Message:
        """An answer that was begun, as its worker marks it."""
        tell(answer, 0, "")
        position = sync_redis().hgetall(f"live:{{{answer.conversation.topic}}}:meta")
        saved_at = {"epoch": position[b"epoch"].decode(), "seq": int(position[b"seq"])}
        AIResponse.objects.filter(message=answer).update(saved_at=saved_at)
        tell(answer, 0, "Well, ")
        tell(answer, 6, "thank ")
        return answer

    async def test_coming_back_replays_all_that_was_told_and_goes_on(self, owner, told, monkeypatch):
        monkeypatch.setattr("backend.chat.api.ui_stream.SILENCE_S", 0.1)
        reading = read(owner)
        events = await self.while_reading(reading, lambda: finish("Well, thank you."))

        text = f"text-{told.pk}"
        assert events == [
            {"type": "start", "messageId": str(told.pk)},
            {"type": "start-step"},
            {"type": "text-start", "id": text},
            {"type": "text-delta", "id": text, "delta": "Well, thank "},
            {"type": "text-delta", "id": text, "delta": "you."},
            {"type": "text-end", "id": text},
            {"type": "finish-step"},
            {"type": "finish"},
            f"{told.pk}-end",
        ]

    @staticmethod
    async def while_reading(reading, happen) -> list:
        """What is read while something happens after a moment."""
        task = asyncio.ensure_future(reading)
        await asyncio.sleep(0.5)
        await sync_to_async(happen, thread_sensitive=False)()
        return await task

    async def test_an_event_id_goes_on_exactly_there(self, owner, told):
        await sync_to_async(finish)("Well, thank you.")

        events = await read(owner, **{"Last-Event-ID": f"{told.pk}-6"})

        deltas = [event["delta"] for event in events[:-1] if event["type"] == "text-delta"]
        assert (events[0]["type"], deltas) == ("text-delta", ["thank you."])

    async def test_an_event_id_of_no_answer_here_replays_all(self, owner, told):
        events = await self.while_reading(read(owner, **{"Last-Event-ID": "7-99"}), lambda: finish("Well, thank you."))

        assert events[0]["type"] == "start"

    @pytest.mark.parametrize(
        ("reason", "ending"),
        [
            ("stopped", [{"type": "abort"}]),
            ("length", [{"type": "finish-step"}, {"type": "finish"}]),
            ("error", [{"type": "error", "errorText": "It broke."}]),
        ],
    )
    async def test_how_an_answer_ends(self, owner, told, reason, ending):
        await sync_to_async(finish)("Well", reason, error_message="It broke.", error_code="upstream_failed")

        events = await read(owner, **{"Last-Event-ID": f"{told.pk}-0"})

        assert [event["type"] for event in events[:3]] == ["text-start", "text-delta", "text-end"]
        assert events[3:-1] == ending

    async def test_an_answer_without_a_word_has_no_text(self, owner, answer):
        await sync_to_async(finish)("", "error", error_message="It broke.", error_code="upstream_failed")

        events = await read(owner, **{"Last-Event-ID": f"{answer.pk}-0"})

        assert [event["type"] for event in events[:-1]] == ["error"]

    async def test_text_that_the_log_has_lost_comes_with_the_end(self, owner, told):
        def lose_some() -> None:
            tell(told, 20, "never mind")
            finish("Well, thank you, I am never mind")

        events = await self.while_reading(read(owner), lose_some)

        text = "".join(event.get("delta", "") for event in events[:-1])
        assert text == "Well, thank you, I am never mind"

    async def test_a_log_that_starts_afresh_loses_no_text(self, owner, told, monkeypatch):
        monkeypatch.setattr("backend.live.waiting.CHECK_S", 0.1)

        def lose_all() -> None:
            sync_redis().flushall()
            tell(told, 12, "you.")
            finish("Well, thank you.")

        events = await self.while_reading(read(owner), lose_all)

        assert "".join(event.get("delta", "") for event in events[:-1]) == "Well, thank you."
        assert events[-2] == {"type": "finish"}

    async def test_a_stream_that_takes_too_long_says_that_the_answer_goes_on(self, owner, told, monkeypatch):
        monkeypatch.setattr("backend.chat.api.ui_stream.STREAM_S", 0.3)

        events = await read(owner)

        assert events[-2]["type"] == "error"
        assert (await sync_to_async(newest)()).response.status == "Generating"


@pytest.mark.parametrize("ident", ["", "7", "7-", "-7", "7-end", "a-1", "7-1-1", "7-" + "9" * 30])
def test_what_is_no_place(ident):
    assert Place.read(ident) is None


def test_a_place_is_read_as_it_was_written():
    assert Place.read(str(Place(7, 12))) == Place(7, 12)
