"""What `useChat` of the AI SDK talks to: an answer as a stream, coming back to it, and stopping it.

The client names the conversation by an id of its own; what was said is kept here, so that only its last message is
read. A line that is cut does not stop the answer.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, Literal

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import BaseModel, ConfigDict, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.chat.api import ui_stream_events as ui
from backend.chat.api.commands import MAX_CONTENT
from backend.chat.models import Message
from backend.chat.services import client_chats
from backend.chat.services.following import follow
from backend.core.api import AnyAccept
from backend.core.database import release_connections
from backend.core.errors import AppError
from backend.live.commands import Input, validate
from backend.live.openai.streaming import SILENCE_S, comment, event, streamed

STREAM_S: Final = 3600.0
MAX_CLIENT_ID: Final = 100
_STREAM: Final = {(200, "text/event-stream"): OpenApiTypes.STR}


class UIMessage(BaseModel):
    id: str = Field(default="", max_length=200)
    role: Literal["system", "user", "assistant"]
    parts: list[dict[str, Any]] = []


class UIChatRequest(Input):
    """What the AI SDK sends; what a page adds of its own is ignored."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=MAX_CLIENT_ID, pattern=r"^[^\x00/]+$")
    messages: list[UIMessage] = Field(min_length=1, max_length=10_000)
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"
    messageId: str | None = Field(default=None, max_length=200)  # noqa: N815 (the client's name)


class _ChatView(APIView):
    scope = "chat"
    content_negotiation_class = AnyAccept


class Chat(_ChatView):
    @extend_schema(
        operation_id="ui_chat",
        summary="Say something and have the answer streamed, as the AI SDK's useChat asks for it",
        request=UIChatRequest,
        responses=_STREAM,
    )
    def post(self, request: Request) -> HttpResponseBase:
        if not isinstance(request.data, dict):
            raise AppError("bad_request", "The body must be a JSON object.")
        asked = validate(UIChatRequest, request.data)
        assert isinstance(asked, UIChatRequest)
        return _stream(_begin(_user(request), asked), None)


class Stream(_ChatView):
    @extend_schema(
        operation_id="ui_chat_stream",
        summary="Come back to the answer that is being made; 204 where there is none",
        parameters=[OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={**_STREAM, 204: None},
    )
    def get(self, request: Request, client_id: str) -> HttpResponseBase:
        conversation = client_chats.find(_user(request), client_id)
        if conversation is None:
            return Response(status=204)
        place = ui.Place.read(request.headers.get("Last-Event-ID", ""))
        if place is not None and (known := client_chats.answer(conversation, place.message_id)) is not None:
            return _stream(known, place)
        answer = client_chats.being_made(conversation)
        return Response(status=204) if answer is None else _stream(answer, None)


class Stop(_ChatView):
    @extend_schema(
        operation_id="ui_chat_stop",
        summary="Stop the answer that is being made, and keep what has come of it",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, client_id: str) -> HttpResponseBase:
        client_chats.stop(_user(request), client_id)
        return Response(status=204)


def _begin(user: User, asked: UIChatRequest) -> Message:
    if asked.trigger == "regenerate-message":
        return client_chats.regenerate(user, asked.id, asked.messageId)
    content = _text_of(asked.messages[-1])
    if asked.messageId is None:
        return client_chats.say(user, asked.id, content)
    answers = [message.id for message in asked.messages if message.role == "assistant"]
    after = answers[-1] if answers else None
    return client_chats.say_instead(user, asked.id, content, replaced=asked.messageId, after=after)


def _text_of(message: UIMessage) -> str:
    """The words of a user; raises `AppError` for what is none."""
    texts = [part.get("text") for part in message.parts if part.get("type") == "text"]
    if message.role != "user" or len(texts) < len(message.parts):
        words = "The last message must be one of the user, with parts of the type text only."
        raise AppError("invalid", words, fields={"messages": [words]})
    text = "".join(one for one in texts if isinstance(one, str))
    if not text.strip() or "\x00" in text or len(text) > MAX_CONTENT:
        words = f"A message must have words, no NUL characters, and at most {MAX_CONTENT} characters."
        raise AppError("invalid", words, fields={"messages": [words]})
    return text


def _stream(answer: Message, place: ui.Place | None) -> HttpResponseBase:
    topic = answer.conversation.topic
    release_connections()
    response = streamed(_tell(topic, answer.pk, place), ui.HEADERS)
    response["X-Stentor-Conversation"] = str(answer.conversation_id)
    return response


async def _tell(topic: str, message_id: int, place: ui.Place | None) -> AsyncIterator[bytes]:
    # The first bytes take the headers along, long before the first text is there.
    yield comment("thinking")
    if place is None:
        async for data in ui.beginning(message_id):
            yield data
        place = ui.Place(message_id, 0)
    items = follow(topic, message_id, offset=place.offset, seconds=STREAM_S, silence=SILENCE_S)
    try:
        async with aclosing(items):
            async for data in ui.going_on(place, items):
                yield data
    except AppError as error:
        yield event({"type": "error", "errorText": error.message})


def _user(request: Request) -> User:
    user = request.user
    assert isinstance(user, User)
    return user
