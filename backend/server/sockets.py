"""One WebSocket connection."""

import asyncio
from typing import Any, Final

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from backend.server.flow import Flow
from backend.server.inbox import SocketInbox

TEXT: Final = 1
BINARY: Final = 2
MAX_REASON_BYTES: Final = 123
GONE_AFTER_S: Final = 5.0


class Socket(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Daphne's connection, with back-pressure, close reasons and empty frames."""

    def connectionMade(self) -> None:  # noqa: N802
        super().connectionMade()
        self.flow = Flow()
        # Until the upgrade the HTTP channel was told about the buffer; it would stop reading from a client that
        # reads slowly, and with it that client's pongs and acknowledgements.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self.flow, True)

    def inbox(self) -> SocketInbox:
        return SocketInbox(self.transport)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Do what the application's ASGI message says. Daphne drops close reasons and empty frames."""
        if self.state == self.STATE_OPEN and message["type"] == "websocket.send":
            self._send(message)
        elif self.state == self.STATE_OPEN and message["type"] == "websocket.close":
            # Not `sendClose`: it refuses the codes 1001 to 1014, of which a server needs 1012 (service restart).
            reason = (message.get("reason") or "").encode()[:MAX_REASON_BYTES].decode(errors="ignore").encode()
            self.sendCloseFrame(code=message.get("code") or 1000, reasonUtf8=reason)
        elif self.state == self.STATE_CONNECTING:
            super().handle_reply(message)

    def _send(self, message: dict[str, Any]) -> None:
        # `sendFrame` rather than `sendMessage`, which would apply the limit for what clients send to us.
        content = message.get("bytes")
        if content is not None:
            self.sendFrame(opcode=BINARY, payload=content)
        else:
            self.sendFrame(opcode=TEXT, payload=message["text"].encode())

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802
        super().dropConnection(abort=abort)
        self.flow.stopProducing()
        if not abort:
            # A client that asked to close but does not read would keep the connection, and what it did not read.
            asyncio.get_running_loop().call_later(GONE_AFTER_S, self._abort)

    def _abort(self) -> None:
        if self.transport is not None and self.transport.connected:
            self.transport.abortConnection()

    def onClose(self, was_clean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802
        self.flow.stopProducing()
        super().onClose(was_clean, code, reason)


class SocketFactory(WebSocketFactory):  # type: ignore[misc]  # Daphne has no types
    protocol = Socket
