"""One HTTP request."""

import json
from http import HTTPStatus
from typing import IO, Any

from daphne.http_protocol import HTTPFactory, WebRequest

from backend.core.errors import KINDS
from backend.server.flow import Flow
from backend.server.inbox import RequestInbox


class _Spent:
    """Stands in for the spooled body, so that Daphne's loop, which would queue all of it, finds nothing to read.

    The application reads the real file through its `RequestInbox`.
    """

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    @property
    def closed(self) -> bool:
        return self._body.closed

    def read(self, _size: int = -1) -> bytes:
        return b""

    def close(self) -> None:
        self._body.close()


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """Daphne's request, with back-pressure and a limit for the body."""

    content: Any  # Twisted's file of the body, until the application reads it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flow = Flow()
        self._received = 0

    def inbox(self) -> RequestInbox:
        body = self.content
        self.content = _Spent(body)
        # The channel tells the flow when this response fills the transport's buffer.
        self.registerProducer(self.flow, True)
        return RequestInbox(body)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """Spool a piece of the body. What exceeds the limit is read and dropped, so that the client gets to read
        the answer; a client that goes on regardless is cut off."""
        self._received += len(data)
        limit = self.server.max_body
        if self._received > 2 * limit:
            self.channel.forceAbortClient()
        elif self._received <= limit:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if self._received > self.server.max_body:
            self._answer_too_large()
            return None
        return super().process()

    def _answer_too_large(self) -> None:
        kind = KINDS["too_large"]
        problem = {
            "type": "about:blank",
            "title": kind.title,
            "status": int(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
            "detail": f"A request may have at most {self.server.max_body // 1024**2} MB.",
            "code": kind.code,
            "retryable": kind.retryable,
        }
        headers = [(b"content-type", b"application/problem+json")]
        self.handle_reply({"type": "http.response.start", "status": problem["status"], "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": json.dumps(problem).encode()})

    def finish(self) -> None:
        self._let_go()
        super().finish()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self._let_go()
        super().connectionLost(reason)

    def _let_go(self) -> None:
        self.flow.stopProducing()
        if self.producer is not None and self.channel is not None:
            self.unregisterProducer()


class RequestFactory(HTTPFactory):  # type: ignore[misc]  # Daphne has no types
    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        return protocol
