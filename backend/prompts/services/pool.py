"""Cells at work, in threads of this process: users take turns, whatever the number of their jobs and cells."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar

from django.conf import settings

MOST_COLLECTED: Final = 50
# `cache` alone would let two threads that come first at once make a pool each.
_making: Final = threading.Lock()

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Lane(Generic[Item, Outcome]):
    """The cells of one job: what is to be done, and what has come of it."""

    def __init__(self, pool: "FairPool", user: int, items: Iterable[Item], work: Callable[[Item], Outcome]) -> None:
        self.user = user
        self.work = work
        self.at_work = 0
        self.last_served = 0.0
        self._pool = pool
        self._waiting = deque(items)
        self._delayed: list[tuple[float, Item]] = []
        self._ended: SimpleQueue[Future[Outcome]] = SimpleQueue()
        self._left = len(self._waiting)
        self._broken: Future[Outcome] | None = None

    @property
    def is_done(self) -> bool:
        """Whether every item has been collected."""
        return self._left == 0

    def collect(self, wait_s: float) -> list[Outcome]:
        """What has ended since, waiting for the first one. What the work has raised is raised by the next call, so
        that nothing that has come beside it is lost.
        """
        if self._broken is not None:
            self._broken.result()
        self._pool.fill()
        found: list[Outcome] = []
        while len(found) < MOST_COLLECTED:
            try:
                future = self._ended.get_nowait() if found or self._broken else self._ended.get(timeout=wait_s)
            except Empty:
                break
            if future.exception() is not None:
                self._broken = future
                continue
            found.append(future.result())
            self._left -= 1
        return found

    def again(self, item: Item, after_s: float) -> None:
        """Have an item done once more, at the earliest after that time."""
        self._left += 1
        self._pool.changed(lambda: self._delayed.append((time.monotonic() + after_s, item)))

    def ended(self, future: "Future[Outcome]") -> None:
        """Called by the pool."""
        self._ended.put(future)

    def has_items(self, now: float) -> bool:
        """Called by the pool, as `take` is: only one thread at a time."""
        return bool(self._waiting) or any(due <= now for due, _ in self._delayed)

    def take(self, now: float) -> Item:
        for index, (due, item) in enumerate(self._delayed):
            if due <= now:
                del self._delayed[index]
                return item
        return self._waiting.popleft()


class FairPool:
    """Does at most `size` items at a time. The next one is of the user with the fewest at work; among those, of the
    lane that has waited longest.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="cell")
        self._lock = threading.Lock()
        self._lanes: list[Lane[Any, Any]] = []
        self._busy = 0
        self._paused_until = 0.0

    @contextmanager
    def lane(self, user: int, items: Iterable[Item], work: Callable[[Item], Outcome]) -> Iterator[Lane[Item, Outcome]]:
        """A lane for the length of a `with` block; what is at work at its end is no longer waited for."""
        lane = Lane(self, user, items, work)
        self.changed(lambda: self._lanes.append(lane))
        try:
            yield lane
        finally:
            self.changed(lambda: self._lanes.remove(lane))

    def close(self) -> None:
        """End the threads, when what is at work has ended."""
        self._executor.shutdown(cancel_futures=True)

    def pause(self, seconds: float) -> None:
        """Begin nothing for so long, since whoever answers has said that it is busy."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    @property
    def paused_s(self) -> float:
        """For how long nothing is begun from now on."""
        return max(0.0, self._paused_until - time.monotonic())

    def changed(self, change: Callable[[], object]) -> None:
        with self._lock:
            change()
        self.fill()

    def fill(self) -> None:
        """Begin what can begin now; called whenever that may have changed, and now and then by those who wait."""
        while (begun := self._begin()) is not None:
            lane, item = begun
            self._executor.submit(lane.work, item).add_done_callback(partial(self._end, lane))

    def _begin(self) -> tuple[Lane[Any, Any], Any] | None:
        now = time.monotonic()
        with self._lock:
            at_work: dict[int, int] = {}
            for lane in self._lanes:
                at_work[lane.user] = at_work.get(lane.user, 0) + lane.at_work
            ready = [lane for lane in self._lanes if lane.has_items(now)]
            if not ready or now < self._paused_until or self._busy >= self._size:
                return None
            chosen = min(ready, key=lambda lane: (at_work[lane.user], lane.last_served))
            self._busy += 1
            chosen.at_work += 1
            chosen.last_served = now
            return chosen, chosen.take(now)

    def _end(self, lane: Lane[Any, Any], future: "Future[Any]") -> None:
        with self._lock:
            self._busy -= 1
            lane.at_work -= 1
        lane.ended(future)
        self.fill()


def cells_at_work() -> FairPool:
    """The pool of this process."""
    with _making:
        return _made()


@cache
def _made() -> FairPool:
    return FairPool(settings.CONFIG.prompt_cells)
