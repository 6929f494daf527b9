"""The work of an answer: ask the model, tell its text while it comes, store it."""

import time
from typing import Any, Final

import structlog

from backend.chat.models import AIResponse, FinishReason
from backend.chat.services import answering, asking
from backend.engines.chatting import Delta, Finished, UpstreamError
from backend.engines.choosing_chat import choose_chat_model
from backend.jobs.errors import JobFailed, TryLater
from backend.jobs.running import Run

# Pieces are gathered so long before they are told, and the row is saved so often.
TELL_EVERY_S: Final = 0.04
SAVE_EVERY_S: Final = 1.0
INTERRUPTED: Final = "The worker was lost in the middle of this answer. What had come is kept."

log = structlog.get_logger(__name__)


def run(run: Run) -> None:
    """Make the answer of a job. Raises `AppError` where the model cannot: it fails the job; `TryLater` before the
    first word, where trying again costs nobody anything.
    """
    response = AIResponse.objects.select_related("message__conversation__user").get(job=run.job)
    told = answering.told_of(response)
    if run.job.attempt > 1 and len(told) > response.kept:
        # Asking again would be another answer, and another bill.
        raise JobFailed("worker_lost", INTERRUPTED)
    choice = choose_chat_model()
    question = asking.of(response, choice.engine, told)
    log.info("chat_model_chosen", engine=choice.engine.name, model=question.model, reason=choice.reason)
    writer = _Writer(run, response, told)
    writer.begin(engine={"name": choice.engine.name, "model": question.model, "reason": choice.reason})
    finished = _listen(run, writer, choice.engine, question)
    counted = {
        "prompt_tokens": finished.usage.prompt_tokens,
        "completion_tokens": (response.completion_tokens or 0) + finished.usage.completion_tokens,
        "is_estimated": finished.usage.estimated or response.is_estimated,
        "left_out": question.left_out,
    }
    writer.tell()
    with run.guarded():
        answering.end(response, FinishReason(finished.reason), text=writer.text, **counted)


def _listen(run: Run, writer: "_Writer", engine: Any, question: asking.Question) -> Finished:
    try:
        for item in engine.answer(question.turns, should_stop=writer.look, **question.wishes):
            if isinstance(item, Finished):
                return item
            assert isinstance(item, Delta)
            writer.add(item.text)
    except UpstreamError as error:
        _failed(run, writer, error)
    raise JobFailed("upstream_cut", "The model ended without saying so.")


def _failed(run: Run, writer: "_Writer", error: UpstreamError) -> None:
    nothing_came = writer.text == writer.kept
    if nothing_came and error.kind.retryable and run.job.attempt < run.job.attempt_limit:
        raise TryLater(error.code, error.message, after_s=error.retry_after_s or 1.0) from error
    writer.tell()
    raise error


class _Writer:
    """Tells the text in pieces, and saves it now and then with the position up to which it was told."""

    def __init__(self, run: Run, response: AIResponse, kept: str) -> None:
        self.response = response
        self.kept = self.text = kept
        self._run = run
        self._topic = response.message.conversation.topic
        self._told = len(kept)
        self._told_at = self._saved_at = time.monotonic()

    def begin(self, engine: dict[str, Any]) -> None:
        """Mark in the log where this answer begins, so that whoever ends it knows from where to read."""
        self.response.engine = engine
        self._publish()
        self._save()

    def add(self, text: str) -> None:
        self.text += text
        self.look()

    def look(self) -> bool:
        """Tell and save what is due. Raises where the answer was stopped or the worker shuts down."""
        now = time.monotonic()
        if len(self.text) > self._told and now - self._told_at >= TELL_EVERY_S:
            self.tell()
        if now - self._saved_at >= SAVE_EVERY_S:
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

    def _save(self) -> None:
        """What was told; the rest is in nobody's eyes yet."""
        self._saved_at = time.monotonic()
        self.response.response_content = self.text[: self._told]
        with self._run.guarded():
            self.response.save(update_fields=["response_content", "saved_at", "engine"])
