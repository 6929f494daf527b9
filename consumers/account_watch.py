"""What a socket hears about its own user's access, on the private topic `account:<id>`."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError
from redis.exceptions import RedisError

from backend.live.access import TOPICS_CHANGED, account_topic
from consumers.hub import get_hub
from consumers.outgoing import Outbound

if TYPE_CHECKING:
    from consumers.connection import Connection

RETRY_S = 1.0

log = structlog.get_logger(__name__)


class AccountWatch:
    """A subscriber of the hub: anything that happens to the account makes the socket ask again what it may do."""

    def __init__(self, socket: "Connection") -> None:
        self._socket = socket
        self._topic = account_topic(socket.user_id)
        self._again = False
        self._only_topics = True
        self._task: asyncio.Task[None] | None = None

    def offer(self, item: Outbound) -> None:
        self._check(only_topics=item.event == TOPICS_CHANGED)

    def offer_many(self, items: Sequence[Outbound]) -> None:
        for item in items:
            self.offer(item)

    def reset(self) -> None:
        self._check(only_topics=False)

    async def stop(self) -> None:
        await get_hub().leave(self._topic, self)
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def _check(self, *, only_topics: bool) -> None:
        self._again = True
        self._only_topics = self._only_topics and only_topics
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            while self._again:
                self._again, only_topics, self._only_topics = False, self._only_topics, True
                try:
                    await (self._socket.check_topics() if only_topics else self._socket.check_access())
                except (RedisError, DatabaseError, OSError) as error:
                    # Not knowing is no reason to go on serving: ask again until there is an answer.
                    log.warning("access_check_waits", error=type(error).__name__)
                    self._again, self._only_topics = True, False
                    await asyncio.sleep(RETRY_S)
        finally:
            self._task = None
