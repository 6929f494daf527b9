"""An answer while it is written: its text goes out in pieces, and is saved now and then with what it has cost."""

import time
from typing import Any, Final

from backend.chat.models import AIResponse, ResponseStatus
from backend.chat.services import answering
from backend.engines.chatting import Usage
from backend.engines.chatting.context import tokens_of
from backend.jobs.running import Run

# Pieces are gathered so long before they are told, and the row is saved so often.
TELL_EVERY_S: Final = 0.04
SAVE_EVERY_S: Final = 1.0
_SAVED: Final = (
    "response_content", "saved_at", "engine", "prompt_tokens", "completion_tokens", "is_estimated",
    "status", "finish_reason", "error_code", "error_message", "retry_at",
)  # fmt: skip


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
        self._told_at = self._saved_at = time.monotonic()

    def begin(self, engine: dict[str, Any]) -> None:
        """Mark in the log where this answer begins, so that whoever ends it knows from where to read."""
        response = self.response
        # What people see until now is an answer that waits, or one that failed and whose job runs again.
        is_news = response.retry_at is not None or response.status != ResponseStatus.GENERATING
        response.engine, response.status, response.retry_at = engine, ResponseStatus.GENERATING, None
        response.finish_reason = response.error_code = response.error_message = ""
        self._publish()
        self._save(tells=is_news)

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
        self._run.raise_if_cancelled()
        return False

    def tell(self) -> None:
        """Tell what has not been told."""
        if len(self.text) > self._told:
            self._publish()

    def _publish(self) -> None:
        data = {"message": self.response.message_id, "offset": self._told, "text": self.text[self._told :]}
        entry = self._run.publish_now(self._topic, answering.DELTA, data)
        if entry is None:
            self._run.raise_if_cancelled()
            return
        self._told, self._told_at = len(self.text), time.monotonic()
        self.response.saved_at = {"epoch": entry.epoch, "seq": entry.seq}

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
