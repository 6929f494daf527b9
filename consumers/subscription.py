"""One topic on one socket: replay, snapshot, live, and catching up when the reader has fallen behind.

While `live`, each event goes straight out. Otherwise one task reads the log from the last position until nothing is
missing, and switches back to live in the same step in which it has found nothing: never a hole, never a repeat.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog

from backend.core.errors import AppError
from backend.live import log, topics
from backend.live.log import Position
from consumers.hub import OUTAGES, get_hub
from consumers.outgoing import Outbound, Outgoing
from consumers.protocol import ACK_WINDOW, STUCK_AFTER_S, FrameId, Subscribed
from consumers.threads import in_thread

NO_LIMIT: Final = float("inf")
RETRY_S: Final = 1.0

logger = structlog.get_logger(__name__)


class Subscription:
    """`on_stuck` is awaited when the reader took nothing for 15 s, `on_gone` is called when the topic is gone.

    `withheld` are the events that the reader may not be told of: they only count as `skipped` of the next one.
    """

    def __init__(
        self,
        topic: str,
        outgoing: Outgoing,
        on_stuck: Callable[[], Awaitable[None]],
        on_gone: Callable[[str, AppError], None],
    ) -> None:
        self.topic = topic
        self.withheld: frozenset[str] = frozenset()
        self._outgoing = outgoing
        self._on_stuck = on_stuck
        self._on_gone = on_gone
        self._begun = False
        self._live = False
        self._epoch = ""
        self._seq = 0
        # Set by events that come while the log is being read: it must be read once more.
        self._missed = False
        self._stale = False
        # The highest `seq` that may be sent before the client acknowledges more; no limit until it has begun to.
        self._limit = NO_LIMIT
        self._acked = asyncio.Event()
        # Events withheld since the last one that was sent; and of those that were sent, with how many before each.
        self._skipped = 0
        self._gaps: deque[tuple[int, int]] = deque(maxlen=ACK_WINDOW)
        self._task: asyncio.Task[None] | None = None

    def offer_many(self, items: Sequence[Outbound]) -> None:
        """The hub's next events, of one epoch and without a hole."""
        first, last = items[0], items[-1]
        follows = self._live and first.seq == self._seq + 1 and first.epoch == self._epoch
        if follows and last.seq <= self._limit and not self.withheld and not self._skipped:
            taken = self._outgoing.push_many(items)
            self._seq += taken
            if taken < len(items):
                self._fall_behind()
            return
        for item in items:
            self.offer(item)

    def offer(self, item: Outbound) -> None:
        """The hub's next event."""
        seq = item.seq
        if self._live and seq == self._seq + 1 and item.epoch == self._epoch:
            if seq <= self._limit and self._push(item):
                self._seq = seq
                return
            self._fall_behind()
        elif item.epoch != self._epoch:
            self.reset()
        elif seq > self._seq:
            self._missed = True
            self._fall_behind()

    def reset(self) -> None:
        self._stale = True
        self._fall_behind()

    def ack(self, seq: int) -> None:
        while self._gaps and self._gaps[0][0] <= seq:
            self._gaps.popleft()
        # The window counts what the client can acknowledge.
        unheard = self._skipped + sum(skipped for _, skipped in self._gaps)
        self._limit = min(seq, self._seq) + ACK_WINDOW + unheard
        self._acked.set()

    async def begin(self, since: Position | None, frame_id: FrameId | None) -> None:
        """Answer `subscribe`: from `since` where the log still holds what follows it, else by a snapshot. Then live."""
        if since is not None and await log.read_after(self.topic, since, limit=1) is not None:
            self._epoch, self._seq = since.epoch, since.seq
            self._answer(self._subscribed(frame_id, None))
        else:
            await self._send_snapshot(frame_id)
        self._stale, self._begun = False, True
        self._fall_behind()

    async def end(self) -> None:
        self._live = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _push(self, item: Outbound) -> bool:
        """Send an event, or count it where it is withheld; False when the queue is full."""
        if item.event in self.withheld:
            self._skipped += 1
            self._limit += 1
            return True
        if not self._outgoing.push(item, self._skipped):
            return False
        if self._skipped:
            self._gaps.append((item.seq, self._skipped))
            self._skipped = 0
        return True

    def _fall_behind(self) -> None:
        self._live = False
        if self._begun and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._catch_up(), name=f"catch-up-{self.topic}")
            self._task.add_done_callback(self._report)

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            logger.error("catch_up_failed", topic=self.topic, exc_info=task.exception())
            self._on_gone(self.topic, AppError("internal"))

    async def _catch_up(self) -> None:
        try:
            while not self._live:
                await self._room()
                async with get_hub().replays:
                    await self._advance()
        except TimeoutError:
            await self._on_stuck()
        except AppError as error:
            self._on_gone(self.topic, error)
        finally:
            # In the same step as going live: whoever falls behind next must find no task.
            self._task = None

    async def _room(self) -> None:
        await self._outgoing.idle(STUCK_AFTER_S)
        async with asyncio.timeout(STUCK_AFTER_S):
            while self._seq >= self._limit:
                self._acked.clear()
                await self._acked.wait()

    async def _advance(self) -> None:
        """Send a page from the log, or a snapshot; go live where nothing is missing."""
        stale, self._stale, self._missed = self._stale, False, False
        try:
            entries = None if stale else await log.read_after(self.topic, Position(self._epoch, self._seq))
            if entries is None:
                await self._send_snapshot(None)
                return
        except OUTAGES as error:
            logger.warning("catch_up_waits", topic=self.topic, error=type(error).__name__)
            self._stale = stale
            await asyncio.sleep(RETRY_S)
            return
        for entry in entries:
            if entry.seq > self._limit or not self._push(Outbound.of(entry)):
                return
            self._seq = entry.seq
        self._live = not entries and not self._missed and not self._stale

    async def _send_snapshot(self, frame_id: FrameId | None) -> None:
        # The position is read first: the snapshot then holds at least everything up to it.
        position = await log.read_position(self.topic)
        snapshot = await in_thread(topics.snapshot, self.topic)
        saved = snapshot.position
        if saved is not None and saved.epoch == position.epoch and await self._holds_all_after(saved):
            position = saved
        self._epoch, self._seq = position.epoch, position.seq
        self._skipped = 0
        self._gaps.clear()
        if self._limit != NO_LIMIT:
            self._limit = self._seq + ACK_WINDOW
        self._answer(self._subscribed(frame_id, snapshot.data))

    def _subscribed(self, frame_id: FrameId | None, snapshot: dict[str, Any] | None) -> Subscribed:
        recovered = snapshot is None
        return Subscribed(
            id=frame_id, topic=self.topic, epoch=self._epoch, seq=self._seq, recovered=recovered, snapshot=snapshot
        )

    async def _holds_all_after(self, position: Position) -> bool:
        return await log.read_after(self.topic, position, limit=1) is not None

    def _answer(self, frame: Any) -> None:
        self._outgoing.push_control(frame.encode())
