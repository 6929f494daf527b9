"""A title by the model, when the first answer of a conversation is complete and nobody has given it another one."""

import time
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from backend.chat.models import AIResponse, Conversation, FinishReason
from backend.chat.services import answering, conversations
from backend.core.errors import AppError
from backend.core.text import folded_title, title_of
from backend.engines.chatting import ChatModel, Delta, Finished, Turn, UpstreamError
from backend.engines.chatting.context import shorten
from backend.engines.choosing_chat import EMBEDDED, choose_chat_model
from backend.jobs.running import Run

LONGEST_S: Final = 10.0
TOKENS: Final = 16
READ_TOKENS: Final = 300
ASK: Final = (
    "Give the conversation between a user and an assistant that follows a title of two to six words, in the language "
    "of the user. Say nothing but the title."
)
COMPLETE: Final = (FinishReason.STOP, FinishReason.LENGTH)
AROUND: Final = " \t\"'“”„«»*#`."

log = structlog.get_logger(__name__)


def improve(run: Run, response: AIResponse) -> None:
    """Ask for a title once the answer is complete. What goes wrong leaves the title as it is."""
    engine = choose_chat_model().engine
    if engine.name == EMBEDDED or not _is_wanted(response):
        return
    try:
        said, finished = _ask(run, engine, response)
        _store(run, response, _cleaned(said) if finished.reason == "stop" else "", finished)
    except AppError as error:
        log.info("title_not_made", code=error.code)


def _is_wanted(response: AIResponse) -> bool:
    """For the first complete answer, and once: one that somebody had go on was complete before, or cut."""
    conversation = response.message.conversation
    if not settings.CONFIG.chat_titles or conversation.has_own_title or response.kept:
        return False
    complete = AIResponse.objects.filter(message__conversation=conversation, finish_reason__in=COMPLETE)
    return list(complete.values_list("pk", flat=True)[:2]) == [response.pk]


def _ask(run: Run, engine: ChatModel, response: AIResponse) -> tuple[str, Finished]:
    deadline = time.monotonic() + LONGEST_S

    def is_late() -> bool:
        run.raise_if_cancelled()
        return time.monotonic() > deadline

    question = response.message.parent
    turns = [Turn("system", ASK), Turn("user", shorten(question.content if question else "", READ_TOKENS))]
    turns += [Turn("assistant", shorten(response.response_content, READ_TOKENS)), Turn("user", "The title:")]
    said = ""
    model = (response.engine or {}).get("model", "")
    for item in engine.answer(turns, model=model, temperature=None, max_tokens=TOKENS, sources=(), should_stop=is_late):
        if isinstance(item, Finished):
            return said, item
        assert isinstance(item, Delta)
        said += item.text
    raise UpstreamError("upstream_cut", "The title ended in its middle.", before_first_token=not said)


def _cleaned(said: str) -> str:
    line = next(iter(said.strip().splitlines()), "")
    return title_of(line).strip(AROUND)


def _store(run: Run, response: AIResponse, title: str, finished: Finished) -> None:
    # In this order everybody locks them: the conversation, then the job.
    found = response.message.conversation
    with transaction.atomic():
        conversation = conversations.lock(found.user, found.pk)
        with run.guarded():
            _charge(response, finished)
            if title and not conversation.has_own_title:
                _name(conversation, title)


def _charge(response: AIResponse, finished: Finished) -> None:
    usage = finished.usage
    AIResponse.objects.filter(pk=response.pk).update(
        prompt_tokens=F("prompt_tokens") + usage.prompt_tokens,
        completion_tokens=F("completion_tokens") + usage.completion_tokens,
        is_estimated=response.is_estimated or usage.estimated,
    )
    answering.tell(response.message)


def _name(conversation: Conversation, title: str) -> None:
    conversation.title, conversation.folded_title = title, folded_title(title)
    conversation.save(update_fields=["title", "folded_title"])
    conversations.tell(conversation)
