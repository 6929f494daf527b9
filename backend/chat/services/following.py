"""Following one answer without a socket: its text as it is told, and how it ended.

The text comes from the log of the conversation's topic; the database is asked at the beginning, and where the log
does not tell everything.
"""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from redis.exceptions import RedisError

from backend.chat.models import AIResponse, FinishReason, ResponseStatus
from backend.chat.services import answering
from backend.core.errors import AppError
from backend.live.log import Entry
from backend.live.openai.turns import in_turn
from backend.live.waiting import entries

# Text that the log has lost comes with the next save of the answer.
LOOK_AGAIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """More of the text, from the character `offset` on; never empty."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How an answer ended; `finish_reason` is one of `FinishReason`."""

    finish_reason: str
    error_code: str
    error_message: str
    prompt_tokens: int | None
    completion_tokens: int | None

    @property
    def has_failed(self) -> bool:
        return self.finish_reason in (FinishReason.ERROR, FinishReason.INTERRUPTED)

    @classmethod
    def of(cls, response: dict[str, Any]) -> Self:
        return cls(**{field.name: response[field.name] for field in fields(cls)})


async def follow(
    topic: str, message_id: int, *, offset: int = 0, seconds: float, silence: float
) -> AsyncGenerator[Piece | Ended | None, None]:
    """The answer that is the message `message_id`, from the character `offset` on, and `Ended` as the last item.

    None says that nothing was heard of for `silence` seconds. Without `Ended` the time has passed. Raises
    `AppError("not_found")` for an answer that was removed. Leaving it does nothing to the answer.
    """
    answer = _Answer(message_id, offset)
    async with aclosing(entries(topic, seconds=seconds, silence=silence)) as reading:
        async for found in reading:
            for entry in found or ():
                answer.take(entry)
            if found is None or answer.should_look():
                await in_turn(answer.look)
            piece = answer.next()
            if piece is not None:
                yield piece
            if answer.ended is not None:
                yield answer.ended
                return
            if piece is None and found == []:
                yield None


class _Answer:
    """One answer as far as it is known here, and how much of it was passed on."""

    def __init__(self, message_id: int, offset: int) -> None:
        self.ended: Ended | None = None
        self._message_id = message_id
        self._text = ""
        self._passed_on = offset
        self._is_missing_some = False
        self._looked_at = 0.0

    def should_look(self) -> bool:
        """Whether the log has told less than there is, and the row may have been saved since the last look."""
        return self._is_missing_some and time.monotonic() - self._looked_at >= LOOK_AGAIN_S

    def look(self) -> None:
        """Take the answer from its row, and from the log beyond that."""
        self._looked_at, self._is_missing_some = time.monotonic(), False
        rows = AIResponse.objects.select_related("message__conversation")
        response = rows.filter(message=self._message_id).first()
        if response is None:
            raise AppError("not_found", "This answer was removed.")
        if response.status != ResponseStatus.GENERATING:
            self._end(response.response_content, vars(response))
            return
        try:
            told = answering.told_of(response)
        except RedisError:
            told, self._is_missing_some = response.response_content, True
        self._text = max(self._text, told, key=len)

    def take(self, entry: Entry) -> None:
        """Take one event of the topic in."""
        data = json.loads(entry.text)["data"]
        if entry.event == answering.DELTA and data["message"] == self._message_id:
            self._is_missing_some |= data["offset"] > len(self._text)
            self._text = answering.spliced(self._text, data["offset"], data["text"])
        elif entry.event == "message" and data["id"] == self._message_id:
            response = data["response"]
            if response is not None and response["status"] != ResponseStatus.GENERATING:
                self._end(data["content"], response)

    def next(self) -> Piece | None:
        """What is known and was not passed on."""
        text, offset = self._text[self._passed_on :], self._passed_on
        self._passed_on += len(text)
        return Piece(text, offset) if text else None

    def _end(self, text: str, response: dict[str, Any]) -> None:
        self._text, self.ended = text, Ended.of(response)
