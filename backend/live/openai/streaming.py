"""Answers that come late or bit by bit: how long a client waits for them, and how they are written to it."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any, Final

from django.http import StreamingHttpResponse
from rest_framework.request import Request

# An answer that comes whole; the client sees nothing of it before.
WAIT_S: Final = 15 * 60.0
# An answer must arrive before the client gives up, calls again and has the work done twice.
MARGIN_S: Final = 10.0
# Shorter than the patience of proxies.
SILENCE_S: Final = 15.0
DONE: Final = b"data: [DONE]\n\n"


def patience(request: Request) -> float:
    """How long the answer may take, in seconds: OpenAI's clients say how long they wait."""
    try:
        told = float(request.headers.get("X-Stainless-Read-Timeout", ""))
    except ValueError:
        told = math.inf
    return max(min(WAIT_S, told - MARGIN_S), 1.0)


def event(data: dict[str, Any], *, ident: str = "") -> bytes:
    """A server-sent event; `ident` is what a client that comes back sends as `Last-Event-ID`."""
    head = f"id: {ident}\n" if ident else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def comment(words: str) -> bytes:
    """What keeps a silent stream open; clients ignore it."""
    return f": {words}\n\n".encode()


def streamed(events: AsyncIterator[bytes], headers: dict[str, str] | None = None) -> StreamingHttpResponse:
    """The answer to a request as server-sent events, past the buffers of proxies."""
    wanted = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})}
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=wanted)
