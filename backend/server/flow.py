"""Back-pressure: whoever sends waits while the transport has more than it can get rid of."""

import asyncio

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Flow:
    """Told by a Twisted transport when its buffer (64 KiB) is full and when it is empty again.

    `wait()` returns at once, without a turn of the event loop, while there is room.
    """

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def wait(self) -> None:
        await self._room.wait()

    # The names below are Twisted's.

    def pauseProducing(self) -> None:  # noqa: N802
        self._room.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._room.set()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone: nobody may wait for it any longer."""
        self._room.set()
