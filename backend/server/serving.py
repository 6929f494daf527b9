"""The server process: listen, serve, and leave without breaking anything off."""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from daphne.server import Server as DaphneServer  # first, as it installs Twisted's reactor
from twisted.internet import endpoints
from twisted.internet import reactor as installed_reactor
from twisted.logger import STDLibLogObserver, globalLogBeginner

from backend.server.requests import RequestFactory
from backend.server.sockets import SocketFactory

logger = logging.getLogger(__name__)
# Twisted describes its reactor by interfaces that leave out half of what this module calls.
reactor: Any = installed_reactor

MAX_MESSAGE: Final = 1024 * 1024
CANCEL_S: Final = 2.0

Application = Callable[..., Awaitable[None]]


class Server(DaphneServer):  # type: ignore[misc]  # Daphne has no types
    """Serves an ASGI application on Twisted endpoints until SIGTERM, SIGINT or SIGHUP.

    `drain` is awaited when the server is told to stop: it says goodbye to the sockets. It and the requests that are
    still running have `drain_s` seconds; after a second signal they have none.
    """

    def __init__(
        self,
        application: Application,
        addresses: list[str],
        *,
        drain: Callable[[float], Awaitable[None]],
        on_listening: Callable[[], None],
        drain_s: float = 10.0,
        max_body: int = 1024**3,
    ) -> None:
        super().__init__(
            application,
            endpoints=addresses,
            websocket_timeout=-1,  # Daphne would close every socket after a day
            websocket_max_message_size=MAX_MESSAGE,
            websocket_max_frame_size=MAX_MESSAGE,
            server_name="",
        )
        self.max_body = max_body
        self.failed = False
        self._drain = drain
        self._drain_s = drain_s
        self._on_listening = on_listening
        self._draining: asyncio.Task[None] | None = None
        self._ports: list[Any] = []

    def run(self) -> None:
        """Serve; return when the process should end. `failed` says whether it could not listen."""
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = RequestFactory(self)
        self.ws_factory = SocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
            failByDrop=False,  # say why (1009 for a frame that is too large) before dropping a connection
        )
        logging.getLogger("twisted").setLevel(logging.ERROR)
        observer: Any = STDLibLogObserver("twisted")
        globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=True)
        loop = reactor._asyncioEventloop  # noqa: SLF001 (Daphne takes it from there, too)
        asyncio.set_event_loop(loop)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop_gracefully)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.callWhenRunning(self._listen)
        reactor.run(installSignalHandlers=False)

    def _listen(self) -> None:
        for description in self.endpoints:
            endpoint = endpoints.serverFromString(reactor, description)  # type: ignore[no-untyped-call]
            endpoint.listen(self.http_factory).addCallbacks(self._listens, self._cannot_listen)

    def _listens(self, port: Any) -> None:
        self._ports.append(port)
        logger.info("listening on %s", port.getHost())
        if len(self._ports) == len(self.endpoints):
            self._on_listening()

    def _cannot_listen(self, failure: Any) -> None:
        logger.critical("cannot listen: %s", failure.getErrorMessage())
        self.failed = True
        self.stop()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[dict[str, Any]] | None:
        """Start the application for a connection and return the queue of its input."""
        details = self.connections.get(protocol)
        if details is None:
            return None
        scope.setdefault("asgi", {"version": "3.0"})
        inbox: asyncio.Queue[dict[str, Any]] = protocol.inbox()
        running = self.application(scope=scope, receive=inbox.get, send=partial(self.handle_reply, protocol))
        details["application_instance"] = asyncio.ensure_future(running)
        return inbox

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Send; then wait until the client has taken enough of it. Only sending to a slow client suspends."""
        details = self.connections.get(protocol)
        if details is None or "disconnected" in details:
            return
        kind = message["type"]
        if kind == "http.response.start":
            self.check_headers_type(message)
        protocol.handle_reply(message)
        if kind != "websocket.close" and not protocol.flow.has_room:
            await protocol.flow.wait()

    def _stop_gracefully(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain_and_stop())
        else:
            self.stop()

    async def _drain_and_stop(self) -> None:
        deadline = time.monotonic() + self._drain_s
        for port in self._ports:
            port.stopListening()
        try:
            await asyncio.wait_for(self._drain(self._drain_s), self._drain_s)
            await self._until_idle(deadline)
        except TimeoutError:
            logger.warning("some clients did not leave in %.0f s", self._drain_s)
        finally:
            await self._cancel_the_rest()
            self.stop()

    def _running(self) -> list[asyncio.Future[None]]:
        instances = (details.get("application_instance") for details in self.connections.values())
        return [instance for instance in instances if instance is not None and not instance.done()]

    async def _until_idle(self, deadline: float) -> None:
        while running := self._running():
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            await asyncio.wait(running, timeout=left)

    async def _cancel_the_rest(self) -> None:
        if running := self._running():
            for instance in running:
                instance.cancel()
            await asyncio.wait(running, timeout=CANCEL_S)
