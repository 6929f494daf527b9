"""`/ws/transcribe/`: one live recording. Audio goes to the recording's queue, what is heard comes back as frames."""

import asyncio
import json
import time
from typing import Any, ClassVar, Final

from django.conf import settings

from backend.accounts.tokens import Principal
from backend.core.errors import AppError
from backend.speech.services.recordings import framelog, incoming, sessions
from backend.speech.services.recordings.incoming import Mark, Offered
from backend.speech.services.recordings.sessions import Opening, Session
from backend.speech.services.uploads import read_wishes
from consumers import microphone_protocol as protocol
from consumers.connection import OUTAGES, Connection, log
from consumers.microphone_protocol import Finalize, Keepalive, Pause, Start, Stop
from consumers.microphone_relay import Relay
from consumers.protocol import ClientFrame, Close, error_frame
from consumers.threads import in_thread

HOLD_EVERY_S: Final = 5.0
RETRY_S: Final = 1.0


class MicrophoneConsumer(Connection):
    frames: ClassVar = protocol.MICROPHONE_FRAMES
    takes_bytes: ClassVar = True

    async def connect(self) -> None:
        self._session: Session | None = None
        self._relay: Relay | None = None
        self._refusing = False
        self._active_at = time.monotonic()
        await super().connect()

    async def leave(self) -> None:
        if self._relay is not None:
            await self._relay.stop()
        if self._session is not None:
            try:
                await incoming.hold(self._session.ident, self.ident, gone=True)
            except OUTAGES as error:
                # The worker notices by the time that has passed.
                log.warning("recording_leave_failed", error=type(error).__name__)

    async def check_topics(self) -> None:
        """A recording belongs to its user; nobody can take it away but by signing them out."""

    async def handle(self, frame: ClientFrame, principal: Principal) -> None:
        self._active_at = time.monotonic()
        match frame:
            case Start():
                await self._start(frame, principal)
            case Keepalive():
                pass
            case Finalize():
                await self._mark(Mark.FINALIZE)
            case Pause():
                await self._mark(Mark.PAUSE)
            case Stop():
                await self._stop(frame)

    async def handle_bytes(self, data: bytes) -> None:
        self._active_at = time.monotonic()
        session = self._opened()
        if not protocol.NUMBER_BYTES < len(data) <= protocol.NUMBER_BYTES + protocol.MAX_FRAME_BYTES:
            raise AppError("invalid", f"A frame is a number and at most {protocol.MAX_FRAME_BYTES} bytes of sound.")
        number = int.from_bytes(data[: protocol.NUMBER_BYTES], "little")
        sound = data[protocol.NUMBER_BYTES :]
        outcome, expected = await incoming.offer(session.ident, self.ident, number, sound)
        if outcome is Offered.LOST or (outcome is Offered.GAP and not self._refusing):
            # Redis may know less than the disk: what is stored counts.
            await self._attach(session.ident)
            outcome, expected = await incoming.offer(session.ident, self.ident, number, sound)
        if outcome is Offered.REPLACED:
            await self._replaced()
        else:
            self._answer_refusal(outcome, expected)

    def _answer_refusal(self, outcome: Offered, expected: int) -> None:
        """Say once from where to send again; what was sent meanwhile is refused in silence."""
        told, self._refusing = self._refusing, outcome in (Offered.GAP, Offered.FULL)
        if outcome is Offered.FULL:
            error = AppError("too_fast", "The server hears more slowly than this; send again later.", retry_after_s=1.0)
        elif outcome is Offered.GAP and not told:
            error = AppError("out_of_order", f"Frame {expected} has not arrived.")
        else:
            return
        fields = error_frame(error, None).model_dump(exclude={"type"})
        self.send_frame(protocol.FrameRefused(**fields, next_seq=expected))

    async def _start(self, frame: Start, principal: Principal) -> None:
        if self._session is not None:
            raise AppError("conflict", "This socket has a recording already.")
        if principal.scopes is not None and "speech" not in principal.scopes:
            raise AppError("forbidden", "This key lacks the scope 'speech'.")
        try:
            session = await in_thread(_open, principal, frame)
        except AppError as error:
            if error.code == "server_full":
                self.send_frame(error_frame(error, frame.id))
                after_ms = int((error.retry_after_s or 1) * 1000)
                await self.close_with(Close.FULL, error.message, after_ms=after_ms)
                return
            raise
        if session.has_ended:
            await self.close_recording(session)
            return
        relay = Relay(self, session, after=frame.after, words=frame.words, partials=frame.partials)
        joined = False
        try:
            await relay.join()
            expected = await incoming.attach(session.ident, self.ident, stored=session.stored)
            joined = True
        finally:
            if not joined:
                await relay.stop()
        self._session, self._relay = session, relay
        self._welcome_to(session, frame, expected)
        relay.begin()
        self.own(self._stay())

    def _welcome_to(self, session: Session, frame: Start, expected: int) -> None:
        limits = protocol.RecordingLimits(session_s=settings.CONFIG.max_audio_hours * 3600)
        engine = protocol.Engine(**session.engine)
        ready = protocol.Ready(
            id=frame.id,
            session=session.ident,
            transcript=session.ident,
            engine=engine,
            limits=limits,
            next_seq=expected,
        )
        self.send_frame(ready)

    async def _stop(self, frame: Stop) -> None:
        wishes = frame.model_dump(exclude={"id", "type", "second_pass"})
        then: dict[str, Any] = {}
        if frame.second_pass or frame.diarize:
            await in_thread(read_wishes, wishes)
            then = {**wishes, "second_pass": frame.second_pass}
        await self._mark(Mark.STOP, json.dumps(then))

    async def _mark(self, mark: Mark, details: str = "{}") -> None:
        session = self._opened()
        if not await incoming.mark(session.ident, self.ident, mark, details):
            await self._attach(session.ident)
            await incoming.mark(session.ident, self.ident, mark, details)

    async def _attach(self, ident: str) -> None:
        """Become the sender once more after Redis has lost what it knew; not against a newer connection."""
        if not await incoming.hold(ident, self.ident, or_nobody=True):
            return
        stored = await in_thread(framelog.next_number, sessions.frames_of(ident))
        await incoming.attach(ident, self.ident, stored=stored)

    def _opened(self) -> Session:
        if self.principal is None:
            raise AppError("unauthenticated", "Send `auth` first.")
        if self._session is None:
            raise AppError("conflict", "Send `start` first.")
        return self._session

    async def close_recording(self, session: Session) -> None:
        """Say that the recording has ended, with what it holds, and close."""
        summary = await in_thread(sessions.summary, session.ident)
        closed = protocol.Closed(summary=protocol.Summary(**summary), transcript=session.ident)
        await self.finish(closed)

    async def _replaced(self) -> None:
        await self.close_with(Close.REPLACED, "Another connection goes on with this recording.")

    async def _stay(self) -> None:
        """Keep the recording waiting for this client, until the client is silent for too long."""
        session = self._opened()
        while not self.closing:
            if time.monotonic() - self._active_at > protocol.IDLE_S:
                await self.close_with(Close.IDLE, f"Nothing was sent for {protocol.IDLE_S} s.", after_ms=1000)
                return
            try:
                if not await incoming.hold(session.ident, self.ident, or_nobody=True):
                    await self._replaced()
                    return
            except OUTAGES as error:
                log.warning("recording_hold_failed", error=type(error).__name__)
            await asyncio.sleep(HOLD_EVERY_S)


def _open(principal: Principal, frame: Start) -> Session:
    if frame.session is not None:
        return sessions.come_back(principal.user, frame.session)
    wishes = frame.model_dump(include=set(Opening.model_fields))
    return sessions.begin(principal.user, Opening(**wishes))
