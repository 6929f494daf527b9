"""`/ws/`: one socket for everything but audio. Subscribes to topics, runs commands, replies."""

from typing import ClassVar

from django.conf import settings

from backend.accounts.tokens import Principal
from backend.core.errors import AppError
from backend.live import topics
from backend.live.log import Position
from consumers import commands, protocol
from consumers.connection import Connection
from consumers.hub import get_hub
from consumers.protocol import Ack, ClientFrame, CommandFrame, Subscribe, Unsubscribe
from consumers.subscription import Subscription
from consumers.threads import in_thread


class LiveConsumer(Connection):
    frames: ClassVar = protocol.LIVE_FRAMES

    async def connect(self) -> None:
        self._access_changes = 0
        self._subscriptions: dict[str, Subscription] = {}
        await super().connect()

    async def leave(self) -> None:
        hub = get_hub()
        for topic, subscription in self._subscriptions.items():
            await hub.leave(topic, subscription)
            await subscription.end()
        self._subscriptions.clear()

    async def handle(self, frame: ClientFrame, principal: Principal) -> None:
        match frame:
            case Ack():
                if (subscription := self._subscriptions.get(frame.topic)) is not None:
                    subscription.ack(frame.seq)
            case Subscribe():
                await self._subscribe(frame, principal)
            case Unsubscribe():
                await self._unsubscribe(frame.topic)
                self.send_frame(protocol.Unsubscribed(id=frame.id, topic=frame.topic))
            case CommandFrame():
                await self._command(frame, principal)

    async def _command(self, frame: CommandFrame, principal: Principal) -> None:
        self._check_commands()
        answer = await in_thread(commands.run, principal, frame)
        self.send_frame(protocol.Reply(id=frame.id, data=answer))

    async def _subscribe(self, frame: Subscribe, principal: Principal) -> None:
        self._check_commands()
        limit = settings.CONFIG.subscriptions_per_socket
        if frame.topic not in self._subscriptions and len(self._subscriptions) >= limit:
            raise AppError("limit_reached", f"A socket may have {limit} subscriptions.")
        changes = self._access_changes
        await in_thread(topics.authorize, principal.user, frame.topic, principal.scopes)
        await self._unsubscribe(frame.topic)
        subscription = Subscription(frame.topic, self.outgoing, self.stuck, self._topic_gone)
        subscription.withheld = topics.withheld(frame.topic, principal.scopes)
        self._subscriptions[frame.topic] = subscription
        since = Position(frame.since.epoch, frame.since.seq) if frame.since else None
        begun = False
        try:
            await get_hub().join(frame.topic, subscription)
            if changes != self._access_changes:
                # The right may have been withdrawn after it was read and before this topic was on the list to check.
                await in_thread(topics.authorize, principal.user, frame.topic, principal.scopes)
            await subscription.begin(since, frame.id)
            begun = True
        finally:
            if not begun:
                await self._unsubscribe(frame.topic)

    async def _unsubscribe(self, topic: str) -> None:
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            await get_hub().leave(topic, subscription)
            await subscription.end()

    async def check_topics(self) -> None:
        """Ask again whether the topics may be read, and end the subscriptions that may not."""
        assert self.principal is not None
        self._access_changes += 1
        for topic, subscription in tuple(self._subscriptions.items()):
            subscription.withheld = topics.withheld(topic, self.principal.scopes)
            try:
                await in_thread(topics.authorize, self.principal.user, topic, self.principal.scopes)
            except AppError as error:
                await self._unsubscribe(topic)
                self.send_frame(protocol.Unsubscribed(topic=topic, code="forbidden", message=error.message))

    def _topic_gone(self, topic: str, error: AppError) -> None:
        self.send_frame(protocol.Unsubscribed(topic=topic, code=error.code, message=error.message))
        self.own(self._unsubscribe(topic))

    def _check_commands(self) -> None:
        assert self.limits is not None
        wait = self.limits.commands.take()
        if wait:
            raise AppError("too_many_requests", "Too many commands.", retry_after_s=round(wait, 3))
