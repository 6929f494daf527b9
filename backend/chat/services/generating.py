"""The work of an answer: ask the model, tell its text while it comes, store it."""

from datetime import timedelta
from typing import Any, Final

import structlog
from django.utils import timezone

from backend.chat.models import AIResponse, FinishReason, ResponseStatus
from backend.chat.services import answering, asking, titles
from backend.chat.services.writing import Meter, Writer
from backend.engines.chatting import Delta, Finished, UpstreamError
from backend.engines.choosing_chat import ChatChoice, choose_chat_model
from backend.jobs.errors import JobFailed, TryLater
from backend.jobs.running import Run

INTERRUPTED: Final = "The worker was lost in the middle of this answer. What had come is kept."

log = structlog.get_logger(__name__)


def run(run: Run) -> None:
    """Make the answer of a job, and afterwards perhaps a title. Raises `AppError` where the model cannot: it fails
    the job; `TryLater` before the first word, where trying again costs nobody anything.
    """
    response = AIResponse.objects.select_related("message__conversation__user").get(job=run.job)
    if response.status != ResponseStatus.COMPLETED:
        _answer(run, response)
    titles.improve(run, response)


def _answer(run: Run, response: AIResponse) -> None:
    told = answering.told_of(response)
    if run.job.attempt > 1 and len(told) > response.kept:
        # Asking again would be another answer, and another bill.
        raise JobFailed("worker_lost", INTERRUPTED)
    choice = choose_chat_model()
    question = _question(run, response, choice, told)
    log.info("chat_model_chosen", engine=choice.engine.name, model=question.model, reason=choice.reason)
    meter = Meter(response, question.tokens)
    writer = Writer(run, response, told, meter)
    writer.begin(engine={"name": choice.engine.name, "model": question.model, "reason": choice.reason})
    finished = _listen(run, writer, choice.engine, question)
    counted = {**meter.count(finished.usage), "left_out": question.left_out}
    writer.tell()
    with run.guarded():
        answering.end(response, FinishReason(finished.reason), text=writer.text, **counted)


def _question(run: Run, response: AIResponse, choice: ChatChoice, told: str) -> asking.Question:
    try:
        return asking.of(response, choice.engine, told)
    except UpstreamError as error:
        _wait(run, response, error)
        raise


def _listen(run: Run, writer: Writer, engine: Any, question: asking.Question) -> Finished:
    try:
        for item in engine.answer(question.turns, should_stop=writer.look, **question.wishes):
            if isinstance(item, Finished):
                return item
            assert isinstance(item, Delta)
            writer.add(item.text)
    except UpstreamError as error:
        if writer.text == writer.kept:
            _wait(run, writer.response, error)
        writer.tell()
        raise
    raise JobFailed("upstream_cut", "The model ended without saying so.")


def _wait(run: Run, response: AIResponse, error: UpstreamError) -> None:
    """Have it tried later, and tell until when, where that can help: then it raises `TryLater`."""
    attempt = run.job.attempt
    if not error.kind.retryable or attempt >= run.job.attempt_limit:
        return
    later = TryLater(error.code, error.message, after_s=error.retry_after_s or 1.0)
    response.retry_at = timezone.now() + timedelta(seconds=later.delay_s(attempt))
    response.retry_count = attempt
    response.error_code, response.error_message = error.code, error.message
    with run.guarded():
        response.save(update_fields=["retry_at", "retry_count", "error_code", "error_message"])
        answering.tell(response.message)
    raise later from error
