"""Views that begin something in a thread, as any view does, and wait for its outcome on the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from backend.core.database import released
from backend.core.errors import AppError
from backend.live.openai.error_answers import answer_error, error_response
from backend.live.openai.turns import turn


class Late(HttpResponse):
    """A response that is yet to come: `arrive` waits for it, and ends what was begun where that wait is cancelled.

    `leave` ends what was begun where nobody has come to wait. The headers of this one are given to the other.
    `arrive` may raise `AppError`.
    """

    def __init__(self, arrive: Callable[[], Awaitable[HttpResponseBase]], leave: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        del self.headers["Content-Type"]
        self.arrive = arrive
        self.leave = leave


class LateView(APIView):
    """A view whose handlers may return `Late`. Errors are told as OpenAI's API tells them."""

    def get_exception_handler(self) -> Any:
        return answer_error

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)

        @wraps(view)
        async def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response = await _begun(lambda: sync_to_async(released(view))(request, *args, **kwargs))
                return await _arrived(response) if isinstance(response, Late) else response
            except AppError as error:
                return error_response(error)

        return answer


async def _begun(begin: Callable[[], Coroutine[Any, Any, HttpResponseBase]]) -> HttpResponseBase:
    """What a thread has begun. It cannot be stopped: where nobody waits any longer, what it has begun is ended."""
    async with turn():
        begun = asyncio.ensure_future(begin())
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            left = await begun
    if isinstance(left, Late):
        await left.leave()
    raise asyncio.CancelledError


async def _arrived(late: Late) -> HttpResponseBase:
    try:
        response = await late.arrive()
    except AppError as error:
        response = error_response(error)
    for name, value in late.headers.items():
        response.headers.setdefault(name, value)
    return response
