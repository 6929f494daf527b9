"""`POST /v1/chat/completions` as OpenAI's clients call it.

What is said this way is a conversation like any other: in its owner's list, with an answer that can be watched. Only
these clients cannot come back to an answer, so that nobody pays for one that its client has left.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from django.http import HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from backend.accounts.models import User
from backend.chat.models import Message, Sender
from backend.chat.services import answering, completing
from backend.chat.services.following import Ended, Piece, follow
from backend.core.api import AnyAccept
from backend.core.errors import KINDS, AppError
from backend.live.openai import chat_shapes as shapes
from backend.live.openai.chat_requests import Asked, CompletionRequest, read_asked
from backend.live.openai.errors import describe, envelope
from backend.live.openai.late import Late, LateView
from backend.live.openai.streaming import (
    DONE,
    SILENCE_S,
    comment,
    event,
    patience,
    streamed,
)
from backend.live.openai.turns import in_turn

# With the time that a question may wait for its turn.
STREAM_S: Final = 3600.0
_SENDERS: Final[dict[str, Sender]] = {"user": Sender.USER, "assistant": Sender.AI}

Items = AsyncGenerator[Piece | Ended | None, None]


class Completions(LateView):
    """The answer stops where its client leaves it; the conversation stays in your list."""

    scope = "chat"
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="openai_chat_completion",
        summary="Ask a question behind what was said before, as OpenAI's clients ask it",
        request=CompletionRequest,
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/event-stream"): OpenApiTypes.STR,
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        user = request.user
        assert isinstance(user, User)
        asked = read_asked(request.data)
        answer = completing.complete(
            user,
            [(_SENDERS[turn.role], turn.text) for turn in asked.said],
            asked.question,
            system_prompt=asked.system_prompt,
            model=asked.model,
            temperature=asked.temperature,
            max_tokens=asked.max_tokens,
        )
        respond = _respond_bit_by_bit if asked.stream else _respond_whole
        seconds = STREAM_S if asked.stream else patience(request)
        late = Late(lambda: respond(asked, answer, _listen(user, answer, seconds)), lambda: _leave(user, answer))
        late["X-Stentor-Conversation"] = str(answer.conversation_id)
        return late


async def _listen(user: User, answer: Message, seconds: float) -> Items:
    """The answer as it comes; it is stopped where it is left before its end."""
    ended = False
    following = follow(answer.conversation.topic, answer.pk, seconds=seconds, silence=SILENCE_S)
    try:
        async with aclosing(following):
            async for item in following:
                ended = isinstance(item, Ended)
                yield item
    finally:
        if not ended:
            await _leave(user, answer)


async def _leave(user: User, answer: Message) -> None:
    await in_turn(_stop, user, answer)


def _stop(user: User, answer: Message) -> None:
    try:
        answering.stop(user, answer)
    except AppError as error:
        if error.code != "conflict":  # it has just ended by itself
            raise


async def _respond_whole(asked: Asked, answer: Message, items: Items) -> HttpResponseBase:
    text, head = "", _head(asked, answer)
    async with aclosing(items):
        async for item in items:
            if isinstance(item, Piece):
                text += item.text
            elif isinstance(item, Ended):
                await _raise_failure(answer, item)
                return JsonResponse(shapes.completion(head, text, item))
    return JsonResponse(_took_too_long(), status=504, headers={"X-Should-Retry": "false"})


async def _respond_bit_by_bit(asked: Asked, answer: Message, items: Items) -> HttpResponseBase:
    """The stream, from its first word on, so that a failure before that has its own status; after a long silence
    without that word, as proxies do not wait for ever.
    """
    first = await anext(items, None)
    if isinstance(first, Ended):
        await _raise_failure(answer, first)
    return streamed(_tell(asked, answer, first, items))


async def _tell(
    asked: Asked, answer: Message, first: Piece | Ended | None, items: Items
) -> AsyncGenerator[bytes, None]:
    head = _head(asked, answer)
    yield event(shapes.chunk(head, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(items):
            async for item in _chained(first, items):
                if item is None:
                    yield comment("thinking")
                elif isinstance(item, Piece):
                    yield event(shapes.chunk(head, {"content": item.text}))
                else:
                    await _raise_failure(answer, item)
                    for data in _last_words(asked, head, item):
                        yield event(data)
                    yield DONE
                    return
        yield event(_took_too_long())
    except AppError as error:
        yield event(describe(error))


async def _chained(first: Piece | Ended | None, items: Items) -> Items:
    yield first
    async for item in items:
        yield item


def _last_words(asked: Asked, head: shapes.Head, ended: Ended) -> list[dict[str, Any]]:
    usage = [shapes.usage_chunk(head, ended)] if asked.include_usage else []
    return [shapes.chunk(head, {}, ended), *usage]


async def _raise_failure(answer: Message, ended: Ended) -> None:
    """Raise `AppError` for an answer that has failed, with the time to wait before asking again."""
    if ended.has_failed:
        code = ended.error_code if ended.error_code in KINDS else "internal"
        wait = await in_turn(completing.retry_after, answer)
        raise AppError(code, ended.error_message, retry_after_s=wait)


def _head(asked: Asked, answer: Message) -> shapes.Head:
    return shapes.Head(str(answer.pk), int(answer.timestamp.timestamp()), asked.model)


def _took_too_long() -> dict[str, Any]:
    return envelope(504, "The answer did not come in time and was stopped.", code="timeout")
