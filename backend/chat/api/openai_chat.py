"""`POST /v1/chat/completions` as OpenAI's clients call it.

What is said this way is a conversation like any other: in its owner's list, with an answer that can be watched. Only
these clients cannot come back to an answer, so that nobody pays for one that its client has left.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.chat.api import openai_chat_shapes as shapes
from backend.chat.api.openai_chat_requests import Asked, CompletionRequest, read_asked
from backend.chat.models import Message
from backend.chat.services import answering, completing
from backend.chat.services.following import Ended, Piece, follow
from backend.core.api import AnyAccept
from backend.core.errors import KINDS, AppError
from backend.live.openai.errors import answer_error, describe, envelope
from backend.live.openai.streaming import (
    DONE,
    SILENCE_S,
    comment,
    event,
    patience,
    release_connections,
    released,
    streamed,
)

# With the time that a question may wait for its turn.
STREAM_S: Final = 3600.0

Items = AsyncGenerator[Piece | Ended | None, None]


class Completions(APIView):
    scope = "chat"
    content_negotiation_class = AnyAccept
    conversation_id: int | None = None

    def get_exception_handler(self) -> Any:
        return answer_error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.conversation_id is not None:
            final.headers["X-Stentor-Conversation"] = str(self.conversation_id)
        if final.status_code == 504:
            final.headers["X-Should-Retry"] = "false"
        return final

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
            asked.said,
            asked.question,
            system_prompt=asked.system_prompt,
            model=asked.model,
            temperature=asked.temperature,
            max_tokens=asked.max_tokens,
        )
        self.conversation_id = answer.conversation_id
        release_connections()
        respond = _respond_bit_by_bit if asked.stream else _respond_whole
        seconds = STREAM_S if asked.stream else patience(request)
        response: HttpResponseBase = async_to_sync(respond)(asked, answer, _listen(user, answer, seconds))
        return response


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
            await sync_to_async(released(_stop))(user, answer)


def _stop(user: User, answer: Message) -> None:
    try:
        answering.stop(user, answer)
    except AppError as error:
        if error.code != "conflict":  # it has just ended by itself
            raise


async def _respond_whole(asked: Asked, answer: Message, items: Items) -> HttpResponseBase:
    text = ""
    async with aclosing(items):
        async for item in items:
            if isinstance(item, Piece):
                text += item.text
            elif isinstance(item, Ended):
                await _raise_failure(answer, item)
                return Response(shapes.completion(_head(asked, answer), text, item))
    return Response(_took_too_long(), status=504)


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
                    yield event(shapes.chunk(head, {}, item))
                    if asked.include_usage:
                        yield event(shapes.usage_chunk(head, item))
                    yield DONE
                    return
        yield event(_took_too_long())
    except AppError as error:
        yield event(describe(error))


async def _chained(first: Piece | Ended | None, items: Items) -> Items:
    yield first
    async for item in items:
        yield item


async def _raise_failure(answer: Message, ended: Ended) -> None:
    """Raise `AppError` for an answer that has failed, with the time to wait before asking again."""
    if not ended.has_failed:
        return
    code = ended.error_code if ended.error_code in KINDS else "internal"
    wait = await sync_to_async(released(completing.retry_after))(answer)
    raise AppError(code, ended.error_message, retry_after_s=wait)


def _head(asked: Asked, answer: Message) -> shapes.Head:
    return shapes.Head(answer.pk, int(answer.timestamp.timestamp()), asked.model)


def _took_too_long() -> dict[str, Any]:
    return envelope(504, "The answer did not come in time and was stopped.", code="timeout")
