"""What a recording's connection gets to know: text, acknowledgements and the end, from the recording's topics.

The hub delivers each topic in order and says when it could not; then the state is read from the database and what the
client lacks is sent. Pieces of text are numbered, so that each is sent once.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from backend.jobs.models import ENDED
from backend.speech.services.recordings import framelog, sessions
from backend.speech.services.recordings.sessions import Session
from consumers import microphone_protocol as protocol
from consumers.connection import OUTAGES, log
from consumers.hub import get_hub
from consumers.outgoing import Outbound
from consumers.protocol import Close, error_frame
from consumers.threads import in_thread

if TYPE_CHECKING:
    from consumers.microphone import MicrophoneConsumer

RETRY_S: Final = 1.0
# So far behind, the client is asked to wait; and to go on when most of it is made up for.
PAUSE_AT_S: Final = 30.0
RESUME_AT_S: Final = 5.0


class Relay:
    """`after` is the id of the last piece of text that the client has."""

    def __init__(
        self, socket: "MicrophoneConsumer", session: Session, *, after: int, words: bool, partials: bool
    ) -> None:
        self._socket = socket
        self._session = session
        self._after = after
        self._words, self._partials = words, partials
        self._seq = session.stored - 1
        self._paused = False
        self._again = False
        self._reading: asyncio.Task[None] | None = None
        topics = (session.topic, f"recording:{session.ident}", f"job:{session.job}")
        self._watches = {topic: _Watch(self._take, self._read_again) for topic in topics}
        self._begun = False

    async def join(self) -> None:
        for topic, watch in self._watches.items():
            await get_hub().join(topic, watch)

    def begin(self) -> None:
        """Send what there is by now; from then on what comes."""
        self._begun = True
        self._socket.send_frame(protocol.Stored(seq=self._seq))
        self._read_again()

    async def stop(self) -> None:
        for topic, watch in self._watches.items():
            await get_hub().leave(topic, watch)
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()

    def _take(self, event: str, data: dict[str, Any]) -> None:
        match event:
            case "final":
                self._final(data)
            case "partial" if self._partials and self._reading is None and self._begun:
                self._socket.send_frame(protocol.PartialText(**self._fitting(data)))
            case "speech":
                self._socket.send_frame(protocol.Speech(**data))
            case "lag":
                self._lag(data)
            case "ack":
                self._stored(data["seq"])
            case "status" if data["status"] in ENDED:
                self._read_again()
            case "deleted":
                self._read_again()

    def _stored(self, seq: int) -> None:
        if seq > self._seq:
            self._seq = seq
            self._socket.send_frame(protocol.Stored(seq=seq))

    def _final(self, data: dict[str, Any]) -> None:
        if self._reading is not None or not self._begun or data["id"] > self._after + 1:
            self._read_again()
        elif data["id"] == self._after + 1:
            self._after = data["id"]
            names = protocol.FinalText.model_fields.keys() - {"type"}
            self._socket.send_frame(protocol.FinalText(**self._fitting({name: data[name] for name in names})))

    def _fitting(self, data: dict[str, Any]) -> dict[str, Any]:
        return data if self._words else {**data, "words": None}

    def _lag(self, data: dict[str, Any]) -> None:
        self._socket.send_frame(protocol.Lag(**data))
        behind = data["received_s"] - data["processed_s"]
        if not self._paused and behind > PAUSE_AT_S:
            self._paused = True
            message = f"The server is {behind:.0f} s behind; nothing is lost."
            self._socket.send_frame(protocol.Warn(code="pause", message=message))
        elif self._paused and behind < RESUME_AT_S:
            self._paused = False
            self._socket.send_frame(protocol.Warn(code="resume", message="The server has caught up."))

    def _read_again(self) -> None:
        """Look into the database for what the client lacks, and whether the recording has ended."""
        if not self._begun:
            return
        self._again = True
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        try:
            while self._again and not self._socket.closing:
                self._again = False
                try:
                    await self._catch_up()
                except OUTAGES as error:
                    log.warning("recording_waits", error=type(error).__name__)
                    self._again = True
                    await asyncio.sleep(RETRY_S)
        finally:
            self._reading = None

    async def _catch_up(self) -> None:
        ending = await in_thread(sessions.ending, self._session)
        self._stored(await in_thread(framelog.next_number, sessions.frames_of(self._session.ident)) - 1)
        while rows := await in_thread(sessions.finals_after, self._session.ident, self._after):
            for row in rows:
                self._after = row["id"]
                names = protocol.FinalText.model_fields.keys() - {"type"}
                self._socket.send_frame(protocol.FinalText(**self._fitting({name: row[name] for name in names})))
        if ending is None:
            return
        if ending.error is not None:
            self._socket.send_frame(error_frame(ending.error, None))
        if ending.is_deleted:
            await self._socket.close_with(Close.FORBIDDEN, "The recording was deleted.")
        else:
            await self._socket.close_recording(self._session)


class _Watch:
    """A subscriber of the hub for one topic."""

    def __init__(self, take: Callable[[str, dict[str, Any]], None], reset: Callable[[], None]) -> None:
        self._take = take
        self.reset = reset

    def offer(self, item: Outbound) -> None:
        self._take(item.event, json.loads(item.message["text"])["data"])

    def offer_many(self, items: Sequence[Outbound]) -> None:
        for item in items:
            self.offer(item)
