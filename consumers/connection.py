"""What every socket does: accept, sign in, answer frames one by one, keep alive, and say why it closes."""

import asyncio
import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar, Final

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from redis.exceptions import RedisError

from backend.accounts import tokens
from backend.accounts.tokens import Principal
from backend.core.errors import AppError
from backend.live import presence
from backend.live.access import account_topic
from consumers import auth, protocol
from consumers.account_watch import AccountWatch
from consumers.heartbeat import keep_alive, seconds_until
from consumers.hub import get_hub
from consumers.limits import FRAMES_AT_ONCE, FRAMES_PER_S, REFUSALS, TokenBucket, UserLimits, limits_of
from consumers.outgoing import Outgoing
from consumers.protocol import Auth, ClientFrame, Close, Ping
from consumers.threads import in_thread

FRAME_TIMEOUT_S: Final = 30.0
LEASE_S: Final = 3 * protocol.HEARTBEAT_S
NO_LIMIT: Final = 2**31
OUTAGES: Final = (RedisError, DatabaseError, OSError, TimeoutError)

log = structlog.get_logger(__name__)
open_sockets: set["Connection"] = set()


class Connection(AsyncWebsocketConsumer, ABC):
    """A kind of socket says which frames it takes, and overrides `handle`, `check_topics`, `leave` and, where it takes
    them, `handle_bytes`.
    """

    # Not an alias of any layer: the hub joins it for the whole process.
    channel_layer_alias = "sockets have none"
    frames: ClassVar[protocol.FrameTable]
    takes_bytes: ClassVar[bool] = False

    @abstractmethod
    async def handle(self, frame: ClientFrame, principal: Principal) -> None:
        """Do what a frame of somebody signed in asks for; raise `AppError` to answer with an `error`."""

    async def handle_bytes(self, data: bytes) -> None:
        raise protocol.BadFrame("bad_request", "This socket takes text frames only.")

    @abstractmethod
    async def check_topics(self) -> None:
        """Ask again whether what this socket reads may be read, and end what may not."""

    @abstractmethod
    async def leave(self) -> None:
        """Let go of everything; the connection is closed or lost."""

    async def dispatch(self, message: Any) -> None:
        """Straight to the handler: Channels' own dispatch first takes a detour through the one shared thread."""
        match message["type"]:
            case "websocket.connect":
                await self.websocket_connect(message)
            case "websocket.receive":
                await self.websocket_receive(message)
            case "websocket.disconnect":
                await self.websocket_disconnect(message)

    # --- the connection

    async def connect(self) -> None:
        self.ident = uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(connection=self.ident)
        self.principal: Principal | None = None
        self.limits: UserLimits | None = None
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_AT_ONCE)
        self._refused = 0
        self._watch: AccountWatch | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.outgoing = Outgoing(self.base_send, self._broken)
        self.closing = False
        # Accepted first: a browser that is refused before sees only 1006 and no reason.
        await self.accept()
        open_sockets.add(self)
        if not auth.origin_is_allowed(dict(self.scope)):
            await self.close_with(Close.FORBIDDEN, "This page's origin may not connect.")
            return
        self.own(self._auth_deadline())
        try:
            principal = await in_thread(auth.from_connection, dict(self.scope))
            if principal is not None:
                await self._sign_in(principal)
        except (AppError, *OUTAGES) as error:
            await self._refuse(error)

    async def disconnect(self, code: int) -> None:
        open_sockets.discard(self)
        self.closing = True
        for task in tuple(self._tasks):
            task.cancel()
        await self.leave()
        if self._watch is not None:
            await self._watch.stop()
        await self.outgoing.close()
        if self.principal is not None:
            log.info("socket_closed", user=self.principal.user.pk, code=code)
            try:
                await presence.leave(self._group, self.ident)
            except (RedisError, OSError) as error:
                log.warning("presence_leave_failed", error=type(error).__name__)

    async def close_with(self, code: Close, reason: str, *, after_ms: int = 0) -> None:
        """Say why, then close."""
        last = protocol.Disconnect(code=code, reason=reason, reconnect=code.reconnect, after_ms=after_ms)
        await self.finish(last, int(code), reason)

    async def finish(self, last: protocol.Frame, code: int = 1000, reason: str = "") -> None:
        """Send a last frame, then close."""
        if self.closing:
            return
        self.closing = True
        log.info("socket_closing", code=code, reason=reason)
        self.outgoing.push_control(last.encode())
        try:
            await self.outgoing.idle(1.0)
            await self.base_send({"type": "websocket.close", "code": code, "reason": reason[:120]})
        except (OSError, TimeoutError):
            self._broken()

    # --- frames

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame_id: protocol.FrameId | None = None
        try:
            if self.closing:
                return
            if text_data is None and self.takes_bytes:
                # Slowed down instead of refused: what is in these frames must not be lost.
                await asyncio.sleep(self._frames.take_on_credit())
            else:
                self._check_rate()
            if text_data is None:
                await self._finish(self.handle_bytes(bytes_data or b""))
                return
            frame = protocol.parse(text_data, self.frames)
            frame_id = frame.id
            await self._finish(self._handle(frame))
        except AppError as error:
            self.send_frame(protocol.error_frame(error, getattr(error, "frame_id", frame_id)))

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for the work in bounded time; what goes wrong in it becomes an `AppError`, and the socket lives on."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task}, timeout=FRAME_TIMEOUT_S)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        error = TimeoutError() if task.cancelled() else task.exception()
        if error is None or isinstance(error, AppError):
            await task
        elif isinstance(error, OUTAGES):
            log.warning("frame_failed", error=type(error).__name__)
            raise AppError("unavailable", "The server cannot do this at the moment.", retry_after_s=2)
        else:
            log.error("frame_crashed", exc_info=error)
            raise AppError("internal")

    async def _handle(self, frame: ClientFrame) -> None:
        match frame:
            case Auth():
                await self._authenticate(frame)
            case Ping():
                self.send_frame(protocol.Pong(id=frame.id))
            case _ if self.principal is None:
                raise AppError("unauthenticated", "Send `auth` first.")
            case _:
                await self.handle(frame, self.principal)

    # --- who it is

    async def _authenticate(self, frame: Auth) -> None:
        if self.principal is None:
            try:
                await self._sign_in(await in_thread(tokens.read_access_token, frame.token))
            except (AppError, *OUTAGES) as error:
                await self._refuse(error)
            return
        principal = await in_thread(tokens.read_access_token, frame.token)
        if principal.user.pk != self.principal.user.pk:
            raise AppError("forbidden", "A socket keeps its user; open another one.")
        self.principal = principal
        await self.check_topics()
        self._welcome(principal)

    async def _sign_in(self, principal: Principal) -> None:
        user = principal.user
        self._group = f"sockets:{user.pk}"
        if not await presence.enter(self._group, self.ident, lease_s=LEASE_S, limit=settings.CONFIG.sockets_per_user):
            await self.close_with(Close.TOO_MANY_SOCKETS, "This user has too many open sockets.", after_ms=5000)
            return
        self.principal = principal
        self.limits = limits_of(user.pk)
        structlog.contextvars.bind_contextvars(user=user.pk)
        self._watch = AccountWatch(self)
        await get_hub().join(account_topic(user.pk), self._watch)
        log.info("socket_opened")
        self._welcome(principal)
        self.own(keep_alive(self))

    async def check_access(self) -> None:
        """Ask whether the sign-in is still good, after access has changed; close where it has ended."""
        if self.principal is not None and not await in_thread(tokens.is_current, self.principal):
            await self.close_with(Close.UNAUTHENTICATED, "The sign-in has ended.")
            return
        await self.check_topics()

    @property
    def user_id(self) -> int:
        assert self.principal is not None
        return self.principal.user.pk

    def _welcome(self, principal: Principal) -> None:
        user = principal.user
        self.send_frame(
            protocol.Welcome(
                user=protocol.UserOut(id=user.pk, username=user.username),
                expires_in=seconds_until(principal.expires_at),
                limits=protocol.Limits(subscriptions=settings.CONFIG.subscriptions_per_socket),
            )
        )

    async def _refuse(self, error: Exception) -> None:
        if isinstance(error, AppError) and error.kind.status < 500:
            self.send_frame(protocol.error_frame(error, None))
            await self.close_with(Close.UNAUTHENTICATED, error.message)
        else:
            log.warning("sign_in_failed", error=type(error).__name__)
            await self.close_with(Close.UNAVAILABLE, "The server cannot sign anybody in now.", after_ms=2000)

    # --- time

    async def _auth_deadline(self) -> None:
        await asyncio.sleep(protocol.AUTH_DEADLINE_S)
        if self.principal is None:
            await self.close_with(Close.UNAUTHENTICATED, "No `auth` within 5 seconds.")

    async def renew_place(self) -> None:
        """Renew the lease on this socket's place among those of its user."""
        try:
            await presence.enter(self._group, self.ident, lease_s=LEASE_S, limit=NO_LIMIT)
        except OUTAGES as error:
            log.warning("presence_renew_failed", error=type(error).__name__)

    # --- what goes wrong

    def _check_rate(self) -> None:
        wait = self._frames.take()
        if wait:
            self._refused += 1
            if self._refused == REFUSALS:
                self.own(self.close_with(Close.TOO_MANY_FRAMES, "Too many frames.", after_ms=5000))
            raise AppError("too_many_requests", "Too many frames.", retry_after_s=round(wait, 3))

    async def stuck(self) -> None:
        after_ms = random.randint(0, 1000)  # noqa: S311 (spreads reconnects, hides nothing)
        await self.close_with(Close.SLOW, "The client does not read fast enough.", after_ms=after_ms)

    def _broken(self) -> None:
        """The server has lost the connection; it will say so with `websocket.disconnect`."""
        self.closing = True

    def send_frame(self, frame: protocol.Frame) -> None:
        if not self.outgoing.push_control(frame.encode()):
            self.own(self.stuck())

    def own(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
