"""The queues between a connection and its application, both bounded by what they make the other side do."""

import asyncio
from typing import IO, Any, Final, Protocol

Message = dict[str, Any]

FULL: Final = 64
EMPTY_ENOUGH: Final = 16
CHUNK: Final = 256 * 1024


class Pausable(Protocol):
    """The reading half of a Twisted transport."""

    def pauseProducing(self) -> None: ...  # noqa: N802

    def resumeProducing(self) -> None: ...  # noqa: N802


class SocketInbox(asyncio.Queue[Message]):
    """Frames from a client. Past `FULL` of them the connection is not read, so TCP slows the client down.

    It can exceed `FULL` by what one read of the connection (64 KiB) brings, and no more.
    """

    def __init__(self, transport: Pausable) -> None:
        super().__init__()
        self._transport = transport
        self._paused = False

    def put_nowait(self, item: Message) -> None:
        super().put_nowait(item)
        if not self._paused and self.qsize() >= FULL:
            self._paused = True
            self._transport.pauseProducing()

    async def get(self) -> Message:
        message = await super().get()
        if self._paused and self.qsize() <= EMPTY_ENOUGH:
            self._paused = False
            self._transport.resumeProducing()
        return message


class RequestInbox(asyncio.Queue[Message]):
    """A request's body, read from where Twisted spooled it only when the application asks for more.

    Daphne itself would put the whole body into the queue: an upload of a gigabyte would take a gigabyte of memory.
    """

    def __init__(self, body: IO[bytes]) -> None:
        super().__init__()
        self._body = body
        self._all_read = False

    def put_nowait(self, item: Message) -> None:
        if item["type"] != "http.request":  # the body comes from the file
            super().put_nowait(item)

    async def get(self) -> Message:
        if self._all_read:
            return await super().get()
        # Reading never waits, so without this a large upload would keep every other client waiting.
        await asyncio.sleep(0)
        if self._body.closed:
            return {"type": "http.disconnect"}
        chunk = self._body.read(CHUNK)
        self._all_read = len(chunk) < CHUNK
        return {"type": "http.request", "body": chunk, "more_body": not self._all_read}
