"""The hub: one per process. Joins the layer, hands encoded frames to local subscribers, heals what the layer lost.

Three nets under the layer: a jump in `seq`; a beat that the hub sends to itself and that does not come back, which
means that the layer's connection was broken; and every 5 s a look at the positions of all topics served here, which
finds a lost last event.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

import structlog
from redis.exceptions import RedisError

from backend.live import log
from backend.live.announce import entries_of, group_of, the_layer
from backend.live.log import Entry, Position
from consumers.outgoing import Outbound

BEAT_S: Final = 1.0
RECONCILE_S: Final = 5.0
REJOIN_AFTER_BEATS: Final = 4
POSITIONS_PER_ROUND: Final = 500
REPLAYS: Final = 32
OUTAGES: Final = (RedisError, OSError, TimeoutError)

logger = structlog.get_logger(__name__)


class Subscriber(Protocol):
    def offer(self, item: Outbound) -> None:
        """Take the next event of the topic. Must not block or raise."""

    def offer_many(self, items: Sequence[Outbound]) -> None:
        """Take the next events, which follow one another."""

    def reset(self) -> None:
        """The topic starts afresh: events are missing that the log no longer holds, or its epoch has changed."""


class Feed:
    """A topic as this process serves it: who listens, and the position up to which everything was handed out."""

    __slots__ = ("joined", "position", "subscribers", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.position = Position("", 0)
        self.subscribers: set[Subscriber] = set()
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, entry: Entry) -> bool:
        """Hand out an entry if it is the next one; False when entries before it are missing or the epoch differs."""
        if entry.epoch != self.position.epoch:
            return False
        if entry.seq <= self.position.seq:
            return True
        if entry.seq != self.position.seq + 1:
            return False
        self.position = Position(entry.epoch, entry.seq)
        item = Outbound.of(entry)
        for subscriber in tuple(self.subscribers):
            subscriber.offer(item)
        return True

    def take_many(self, entries: list[Entry]) -> bool:
        """`take` for entries that came together. Each subscriber gets all of them at once, which is a third faster
        than going round for each: what belongs to one socket is then in the processor's cache.
        """
        epoch, seq = self.position.epoch, self.position.seq
        if any(entry.epoch != epoch or entry.seq != seq + n for n, entry in enumerate(entries, 1)):
            return all(self.take(entry) for entry in entries)
        self.position = Position(entries[-1].epoch, entries[-1].seq)
        items = [Outbound.of(entry) for entry in entries]
        for subscriber in tuple(self.subscribers):
            subscriber.offer_many(items)
        return True

    def restart(self, position: Position) -> None:
        self.position = position
        for subscriber in tuple(self.subscribers):
            subscriber.reset()


class Hub:
    def __init__(self) -> None:
        # Replays at the same time: a storm of reconnects must not starve live delivery.
        self.replays = asyncio.Semaphore(REPLAYS)
        self._feeds: dict[str, Feed] = {}
        self._layer = the_layer()
        self._channel = ""
        self._started: asyncio.Future[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._beats_sent = self._beats_heard = 0
        self._gap = False

    async def join(self, topic: str, subscriber: Subscriber) -> None:
        """Hand the topic's events from now on to `subscriber`; raises `RedisError` or `OSError` when that fails."""
        await self._start()
        feed = self._feeds.get(topic)
        if feed is None:
            feed = self._feeds[topic] = Feed(topic)
            feed.subscribers.add(subscriber)
            await self._open(feed)
            return
        feed.subscribers.add(subscriber)
        await asyncio.shield(feed.joined)

    async def leave(self, topic: str, subscriber: Subscriber) -> None:
        feed = self._feeds.get(topic)
        if feed is None:
            return
        feed.subscribers.discard(subscriber)
        if not feed.subscribers and feed.joined.done():
            del self._feeds[topic]
            try:
                await self._layer.group_discard(group_of(topic), self._channel)
            except OUTAGES as error:
                logger.warning("hub_leave_failed", topic=topic, error=type(error).__name__)

    async def stop(self) -> None:
        while pending := [task for task in self._tasks.values() if not task.done()]:
            # Again and again: a library that is being cancelled in its own time-out may swallow it.
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=1)

    async def _open(self, feed: Feed) -> None:
        try:
            async with asyncio.timeout(10):
                await self._layer.group_add(group_of(feed.topic), self._channel)
                feed.position = await log.read_position(feed.topic)
        except OUTAGES as error:
            self._feeds.pop(feed.topic, None)
            feed.joined.set_exception(error)
            feed.joined.exception()  # whoever joined at the same time gets it; nobody may have
            raise
        feed.joined.set_result(None)
        if not feed.subscribers:
            await self.leave(feed.topic, _NOBODY)

    async def _start(self) -> None:
        if self._started is None:
            started = self._started = asyncio.get_running_loop().create_future()
            try:
                self._channel = await self._layer.new_channel()
            except OUTAGES:
                self._started = None
                started.cancel()
                raise
            for name, work in (("receive", self._receive), ("beat", self._beat), ("reconcile", self._reconcile)):
                self._run(name, work)
            started.set_result(None)
        await asyncio.shield(self._started)

    def _run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(work(), name=f"hub-{name}")
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._ended(name, work, done))

    def _ended(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        # A bug here must not silence every socket of the process: say so and go on; the nets find what was missed.
        logger.error("hub_task_failed", task=name, exc_info=task.exception())
        task.get_loop().call_later(1.0, self._run, name, work)

    async def _receive(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            if message["type"] == "live.beat":
                self._gap = self._gap or message["number"] > self._beats_heard + 1
                self._beats_heard = message["number"]
                continue
            feed = self._feeds.get(message["topic"])
            if feed is not None and feed.joined.done() and not feed.take_many(entries_of(message)):
                await self._heal(feed)
            # Let the sockets breathe between two messages that came at once.
            await asyncio.sleep(0)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            missed = self._beats_sent - self._beats_heard
            if missed > 1 or self._gap:
                logger.warning("hub_layer_broken", missed_beats=missed)
                self._gap = False
                if missed and missed % REJOIN_AFTER_BEATS == 0:
                    await self._rejoin()
                await self._compare()
            self._beats_sent += 1
            try:
                async with asyncio.timeout(5):
                    await self._layer.send(self._channel, {"type": "live.beat", "number": self._beats_sent})
            except OUTAGES as error:
                logger.warning("hub_beat_failed", error=type(error).__name__)

    async def _rejoin(self) -> None:
        """The layer's own reconnect did not help: open a new channel and join every group again."""
        self._tasks.pop("receive").cancel()
        try:
            async with asyncio.timeout(10):
                self._channel = await self._layer.new_channel()
                for topic in list(self._feeds):
                    await self._layer.group_add(group_of(topic), self._channel)
        except OUTAGES as error:
            logger.warning("hub_rejoin_failed", error=type(error).__name__)
        self._run("receive", self._receive)

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_S)
            await self._compare()

    async def _compare(self) -> None:
        """Compare what was handed out with the newest positions, and heal the difference."""
        feeds = [feed for feed in self._feeds.values() if feed.joined.done()]
        for start in range(0, len(feeds), POSITIONS_PER_ROUND):
            part = feeds[start : start + POSITIONS_PER_ROUND]
            try:
                newest = await log.read_positions(feed.topic for feed in part)
            except OUTAGES as error:
                logger.warning("hub_compare_failed", error=type(error).__name__)
                return
            for feed in part:
                if newest[feed.topic] != feed.position and self._is_behind(feed, newest[feed.topic]):
                    await self._heal(feed)

    @staticmethod
    def _is_behind(feed: Feed, newest: Position) -> bool:
        return newest.epoch != feed.position.epoch or newest.seq > feed.position.seq

    async def _heal(self, feed: Feed) -> None:
        """Hand out from the log what is missing, or start the topic afresh where the log no longer holds it."""
        try:
            while True:
                entries = await log.read_after(feed.topic, feed.position)
                if entries is None:
                    feed.restart(await log.read_position(feed.topic))
                    return
                for entry in entries:
                    feed.take(entry)
                if len(entries) < log.PAGE:
                    return
        except OUTAGES as error:
            logger.warning("hub_heal_failed", topic=feed.topic, error=type(error).__name__)


class _Nobody:
    def offer(self, item: Outbound) -> None: ...

    def offer_many(self, items: Sequence[Outbound]) -> None: ...

    def reset(self) -> None: ...


_NOBODY: Final = _Nobody()
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of the running loop; a server process has one loop, so one hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


async def close_hub() -> None:
    """Stop the hub of the running loop, where it has one."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.stop()
