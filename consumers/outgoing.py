"""What a socket still has to send: a bounded queue and its writer.

While nothing waits, a frame is sent by stepping the server's `send` once by hand, which nearly always finishes it:
waking a task for every frame would cost two thirds of the speed. Only a send that suspends, because the client
reads slowly, starts the writer; what follows then waits in the queue, where newer states overwrite older ones.
"""

import asyncio
import types
from collections.abc import Callable, Generator, Sequence
from typing import Any

from backend.live.log import Entry
from consumers.protocol import QUEUE_BYTES, QUEUE_FRAMES

# The server's coroutine function, or what Channels has wrapped around it.
Send = Callable[[Any], Any]


class Outbound:
    """A frame ready for any number of sockets. `name` is what it is the newest state of; empty: it may not be lost."""

    __slots__ = ("epoch", "event", "message", "name", "seq", "size", "topic")

    def __init__(
        self, text: str, topic: str = "", seq: int = 0, name: str = "", epoch: str = "", event: str = ""
    ) -> None:
        self.message = {"type": "websocket.send", "text": text}
        self.size = len(text)
        self.topic, self.seq, self.name = topic, seq, name
        self.epoch, self.event = epoch, event

    @classmethod
    def of(cls, entry: Entry) -> "Outbound":
        return cls(entry.text, entry.topic, entry.seq, entry.replaces, entry.epoch, entry.event)

    def message_after(self, skipped: int) -> dict[str, Any]:
        """The message as it tells that so many events before it were left out."""
        if not skipped:
            return self.message
        return {"type": "websocket.send", "text": f'{self.message["text"][:-1]},"skipped":{skipped}}}'}


class _Waiting:
    __slots__ = ("item", "skipped")

    def __init__(self, item: Outbound, skipped: int) -> None:
        self.item = item
        self.skipped = skipped


class Outgoing:
    """`send` is the server's; it may suspend. `on_broken` is called once when it fails: the connection is gone."""

    def __init__(self, send: Send, on_broken: Callable[[], None]) -> None:
        self._send = send
        self._on_broken = on_broken
        self._queue: dict[int, _Waiting] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._count = 0
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    def push(self, item: Outbound, skipped: int = 0) -> bool:
        """Send or queue an event; False when the queue is full: the reader must be caught up from the log later.

        `skipped` events of the topic right before it are not for this reader.
        """
        if self._closed:
            return True
        if self._writer is None:
            self._step(item.message_after(skipped))
            return True
        if self._replace(item, skipped):
            return True
        if len(self._queue) >= QUEUE_FRAMES or self._bytes + item.size > QUEUE_BYTES:
            return False
        self._append(item, skipped)
        return True

    def push_many(self, items: Sequence[Outbound]) -> int:
        """`push` one after the other; how many were taken before the queue was full."""
        for number, item in enumerate(items):
            if self._writer is None and not self._closed:
                self._step(item.message)
            elif not self.push(item):
                return number
        return len(items)

    def push_control(self, text: str) -> bool:
        """Send or queue an answer or notice, in order with the events; False when the client leaves too many unread."""
        if self._closed:
            return True
        if self._writer is None:
            self._step({"type": "websocket.send", "text": text})
            return True
        if len(self._queue) >= 2 * QUEUE_FRAMES:
            return False
        self._append(Outbound(text))
        return True

    async def idle(self, within_s: float) -> None:
        """Wait until nothing waits; `TimeoutError` when it takes longer than `within_s`."""
        async with asyncio.timeout(within_s):
            await self._idle.wait()

    async def close(self) -> None:
        """Drop what waits and end the writer."""
        self._closed = True
        self._queue.clear()
        self._idle.set()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])

    def _step(self, message: dict[str, Any]) -> None:
        # A `for` loop ends without the exception that `send(None)` raises for a coroutine that has finished.
        steps = self._send(message).__await__()
        try:
            for waits_for in steps:
                self._idle.clear()
                self._writer = asyncio.get_running_loop().create_task(self._write(steps, waits_for))
                return
        except OSError:
            self._break()

    async def _write(self, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        try:
            await _resume(steps, waits_for)
            while self._queue:
                waiting = self._queue.pop(next(iter(self._queue)))
                self._bytes -= waiting.item.size
                await self._send(waiting.item.message_after(waiting.skipped))
        except OSError:
            self._break()
        finally:
            self._newest.clear()
            self._writer = None
            self._idle.set()

    def _append(self, item: Outbound, skipped: int = 0) -> None:
        self._count += 1
        self._queue[self._count] = _Waiting(item, skipped)
        self._bytes += item.size
        if item.name:
            self._newest[item.topic, item.name] = self._count

    def _replace(self, item: Outbound, skipped: int) -> bool:
        """Overwrite an older state that still waits; False when there is none."""
        number = self._newest.get((item.topic, item.name)) if item.name else None
        if number is None or number not in self._queue:
            return False
        old = self._queue.pop(number)
        self._bytes -= old.item.size
        self._append(item, skipped)
        # Whoever comes next of this topic tells the client about the numbers that are left out.
        for later, waiting in self._queue.items():
            if later > number and waiting.item.topic == item.topic:
                waiting.skipped += old.skipped + 1
                break
        return True

    def _break(self) -> None:
        if not self._closed:
            self._closed = True
            self._queue.clear()
            self._on_broken()


@types.coroutine
def _resume(steps: Generator[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was stepped by hand and suspended on `waits_for`."""
    try:
        yield waits_for
    except BaseException:
        steps.close()
        raise
    yield from steps
