"""The line to a chat server: a thread that reads it, so that the caller can stop at any time; and its errors, typed."""

import logging
import queue
import socket
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

from django.conf import settings

from backend.engines.chatting import UpstreamError

CONNECT_S: Final = 10.0
READ_S: Final = 120.0
WAITING: Final = 64
LONGEST_RETRY_S: Final = 3600.0
LOCAL_KEY: Final = "none"
_BUSY: Final = (429, 503, 529)


class Silence:
    """Nothing arrived while it was waited."""


class ConnectionHandle:
    """Ends a request from another thread: closing its response would leave the reading thread in its system call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.closed = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """The connection pool's account of what it does; of it, the socket is kept."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.closed:
                self._shut_down()

    def close(self) -> None:
        with self._lock:
            self.closed = True
            self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is None:
            return
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended already


def make_client(handle: ConnectionHandle, read_s: float = READ_S) -> Any:
    """A client for one request, on a connection of its own that `handle` can end."""
    import httpx2
    from openai import DefaultHttpxClient, OpenAI

    for name in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below that they write down requests with their texts
    timeout = httpx2.Timeout(read_s, connect=min(CONNECT_S, read_s))

    def watch(request: Any) -> None:
        request.extensions["trace"] = handle.trace

    return OpenAI(
        api_key=settings.CONFIG.openai_api_key.get_secret_value() or LOCAL_KEY,
        base_url=settings.CONFIG.openai_base_url or None,
        max_retries=0,
        timeout=timeout,
        http_client=DefaultHttpxClient(
            timeout=timeout, event_hooks={"request": [watch]}, follow_redirects=False, verify=_certificates()
        ),
    )


@cache
def _certificates() -> ssl.SSLContext:
    """What servers are checked against, read once: it takes as long as a model needs for its first word."""
    import httpx2

    return httpx2.create_ssl_context()


class Reader:
    """The chunks of one answer, read by a thread of its own. `error` is what ended it, if not its own end."""

    def __init__(self, wish: Mapping[str, Any]) -> None:
        self.error: Exception | None = None
        self._chunks: queue.Queue[Any] = queue.Queue(WAITING)
        self._handle = ConnectionHandle()
        self._thread = threading.Thread(target=self._run, args=(wish,), name="chat-reader", daemon=True)
        self._thread.start()

    def next(self, timeout_s: float) -> Any:
        """The next chunk, None at the end, or `Silence` where nothing came in that time."""
        try:
            return self._chunks.get(timeout=timeout_s)
        except queue.Empty:
            return Silence()

    def close(self) -> None:
        """End the request. A connection that is still being made ends as soon as it stands."""
        self._handle.close()
        self._thread.join(1.0)

    def _run(self, wish: Mapping[str, Any]) -> None:
        import httpx2
        from openai import OpenAIError

        try:
            with (
                make_client(self._handle) as client,
                client.chat.completions.create(**wish, stream=True, stream_options={"include_usage": True}) as stream,
            ):
                for chunk in stream:
                    if not self._put(chunk):
                        return
        except (OpenAIError, httpx2.InvalidURL, OSError, ValueError) as error:
            self.error = error
        finally:
            self._put(None)

    def _put(self, item: Any) -> bool:
        while not self._handle.closed:
            try:
                self._chunks.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False


def typed_error(error: Exception, *, begun: bool) -> UpstreamError:
    """What went wrong, without a word of what the server said: it may repeat the key or the conversation."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    first = not begun
    if isinstance(error, APIStatusError):
        return _refusal(error.status_code, error.code or "", error.response.headers, first=first)
    if isinstance(error, APITimeoutError):
        return UpstreamError("upstream_failed", "The chat server did not answer in time.", before_first_token=first)
    if isinstance(error, APIConnectionError) and first:
        return UpstreamError("upstream_failed", "The chat server cannot be reached.", before_first_token=first)
    if isinstance(error, (APIConnectionError, OSError)):
        return UpstreamError("upstream_cut", "The line to the chat server was cut.", before_first_token=first)
    return UpstreamError("upstream_failed", "The chat server reported an error.", before_first_token=first)


def _refusal(status: int, code: str, headers: Mapping[str, str], *, first: bool) -> UpstreamError:
    if status in _BUSY and code != "insufficient_quota":
        wait = retry_after(headers)
        return UpstreamError("upstream_busy", "The chat server is busy.", before_first_token=first, retry_after_s=wait)
    if status >= 500 or status == 408:
        return UpstreamError("upstream_failed", "The chat server failed.", before_first_token=first)
    words = {
        401: "The chat server does not accept the key of this server.",
        403: "The chat server does not allow this.",
        404: "The chat server does not know this model or address.",
        429: "The chat server's quota is used up.",
    }.get(status, "The chat server refused the question.")
    if code == "context_length_exceeded":
        words = "The conversation is too long for this model."
    return UpstreamError("upstream_refused", words, before_first_token=first)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a `Retry-After` header asks for, as a number or a date, at most an hour."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except ValueError:
            return None
    return min(max(0.0, seconds), LONGEST_RETRY_S)
