"""An answer as the AI SDK's UI message stream (v1): one message of one step with one text.

Each event that carries text is numbered by how far the text goes with it, so that a client that was cut off can go on
exactly there. Clients refuse fields that the protocol does not have.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Final, NamedTuple, Self

from backend.chat.models import FinishReason
from backend.chat.services.following import Ended, Piece
from backend.live.openai.streaming import DONE, comment, event

HEADERS: Final = {"x-vercel-ai-ui-message-stream": "v1"}
CUT: Final = "The line ends here. The answer goes on; come back to it."


class Place(NamedTuple):
    """How far a client has read: `offset` characters of the answer `message_id`."""

    message_id: int
    offset: int

    @classmethod
    def read(cls, ident: str) -> Self | None:
        """The place that an id of an event means; None for one that this server did not give."""
        message_id, _, offset = ident.partition("-")
        if not all(part.isdecimal() and len(part) < 19 for part in (message_id, offset)):
            return None
        return cls(int(message_id), int(offset))

    def __str__(self) -> str:
        return f"{self.message_id}-{self.offset}"


async def beginning(message_id: int) -> AsyncIterator[bytes]:
    """What comes before the text of an answer."""
    yield event({"type": "start", "messageId": str(message_id)})
    yield event({"type": "start-step"}, ident=str(Place(message_id, 0)))


async def going_on(place: Place, items: AsyncIterable[Piece | Ended | None]) -> AsyncIterator[bytes]:
    """The text of an answer behind `place` and its end."""
    offset, part = place.offset, {"id": f"text-{place.message_id}"}
    async for item in items:
        if item is None:
            yield comment("thinking")
        elif isinstance(item, Piece):
            before = event({"type": "text-start", **part}) if item.offset == 0 else b""
            offset = item.offset + len(item.text)
            delta = {"type": "text-delta", **part, "delta": item.text}
            yield before + event(delta, ident=str(Place(place.message_id, offset)))
        else:
            if offset:
                yield event({"type": "text-end", **part})
            for data in _ending(item):
                yield event(data)
            # Whoever has had this id has had all, and comes back to no place.
            yield f"id: {place.message_id}-end\n".encode() + DONE
            return
    yield event({"type": "error", "errorText": CUT})


def _ending(ended: Ended) -> list[dict[str, Any]]:
    if ended.has_failed:
        return [{"type": "error", "errorText": ended.error_message}]
    if ended.finish_reason == FinishReason.STOPPED:
        return [{"type": "abort"}]
    return [{"type": "finish-step"}, {"type": "finish"}]
