"""An answer while it is written: its text goes out in pieces, and is saved now and then with what it has cost."""

import time
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

from backend.chat.models import AIResponse, ResponseStatus
from backend.chat.services import answering
from backend.engines.chatting import Usage
from backend.engines.chatting.context import tokens_of
from backend.jobs.running import Run
from backend.live.log import Entry

# Pieces are gathered so long before they are told, and the row is saved so often. Telling notices a stop at once;
# while nothing comes, the row of the job is asked.
TELL_EVERY_S: Final = 0.04
SAVE_EVERY_S: Final = 2.0
CHECK_EVERY_S: Final = 0.4
_SAVED: Final = (
    "response_content", "saved_at", "engine", "prompt_tokens", "completion_tokens", "is_estimated",
    "status", "finish_reason", "error_code", "error_message", "retry_at",
)  # fmt: skip

log = structlog.get_logger(__name__)


class Meter:
    """The tokens of an answer: those of its earlier runs, and `asked` of this one's question until they are counted."""

    def __init__(self, response: AIResponse, asked: int) -> None:
        self._before = (response.prompt_tokens or 0, response.completion_tokens or 0, response.is_estimated)
        self._asked = asked

    def estimate(self, text: str) -> dict[str, Any]:
        """Fields of the response while `text` has come in this run."""
        return self.count(Usage(self._asked, tokens_of(text), estimated=True))

    def count(self, usage: Usage) -> dict[str, Any]:
        """The same when it has ended."""
        prompt, completion, estimated = self._before
        return {
            "prompt_tokens": prompt + usage.prompt_tokens,
            "completion_tokens": completion + usage.completion_tokens,
            "is_estimated": estimated or usage.estimated,
        }


class Writer:
    """Tells the text in pieces, and saves it now and then with the position up to which it was told."""

    def __init__(self, run: Run, response: AIResponse, kept: str, meter: Meter) -> None:
        self.response = response
        self.kept = self.text = kept
        self._run = run
        self._meter = meter
        self._topic = response.message.conversation.topic
        self._told = self._saved = len(kept)
        self._was_away = False
        self._told_at = self._saved_at = self._checked_at = time.monotonic()

    def begin(self, engine: dict[str, Any]) -> None:
        """Mark in the log where this answer begins, so that whoever ends it knows from where to read."""
        response = self.response
        # What people see until now is an answer that waits, or one that failed and whose job runs again.
        is_news = response.retry_at is not None or response.status != ResponseStatus.GENERATING
        response.engine, response.status, response.retry_at = engine, ResponseStatus.GENERATING, None
        response.finish_reason = response.error_code = response.error_message = ""
        self._publish()
        self._save(tells=is_news)
        self._told_at = -TELL_EVERY_S  # nobody waits for company with the first word

    def add(self, text: str) -> None:
        self.text += text
        self.look()

    def look(self) -> bool:
        """Tell and save what is due. Raises where the answer was stopped or the worker shuts down."""
        now = time.monotonic()
        if len(self.text) > self._told and now - self._told_at >= TELL_EVERY_S:
            self.tell()
        # The first piece is saved at once: from it on the answer has cost something.
        if now - self._saved_at >= SAVE_EVERY_S or self._told > self._saved == len(self.kept):
            self._save()
        if now - self._checked_at >= CHECK_EVERY_S:
            self._checked_at = now
            self._run.raise_if_cancelled()
        return False

    def tell(self) -> None:
        """Tell what has not been told."""
        if len(self.text) > self._told:
            self._publish()

    def _publish(self) -> None:
        afresh = self._was_away
        entry = self._append(0 if afresh else self._told)
        if entry is not None and not afresh and self._is_new_log(entry):
            afresh, entry = True, self._append(0)
        if entry is None:
            return
        self._told, self._was_away = len(self.text), False
        self.response.saved_at = {"epoch": entry.epoch, "seq": entry.seq}
        if afresh:
            self._save()

    def _is_new_log(self, entry: Entry) -> bool:
        """Whether Redis has lost the log since: whoever starts afresh then may have less than was told."""
        saved_at = self.response.saved_at
        return saved_at is not None and saved_at["epoch"] != entry.epoch

    def _append(self, offset: int) -> Entry | None:
        self._told_at = time.monotonic()
        data = {"message": self.response.message_id, "offset": offset, "text": self.text[offset:]}
        try:
            entry = self._run.publish_now(self._topic, answering.DELTA, data)
        except RedisError as error:
            # The model goes on, and has to be paid: what comes meanwhile is told when Redis is back.
            log.warning("answer_waits_for_redis", error=type(error).__name__)
            self._was_away = True
            return None
        if entry is None:
            self._run.raise_if_cancelled()
        return entry

    def _save(self, *, tells: bool = False) -> None:
        """What was told; the rest is in nobody's eyes yet."""
        self._saved_at, self._saved = time.monotonic(), self._told
        self.response.response_content = self.text[: self._told]
        if self._told > len(self.kept):
            for name, value in self._meter.estimate(self.text[len(self.kept) : self._told]).items():
                setattr(self.response, name, value)
        with self._run.guarded():
            self.response.save(update_fields=_SAVED)
            if tells:
                answering.tell(self.response.message)
