"""The answers of the model: begun, stopped and continued by people, made by a job.

While an answer is made its text goes out in pieces, `delta {message, offset, text}`, on the topic of its conversation;
the row is saved now and then. What was told and not yet saved is in the topic's log: whoever ends an answer, be it a
person who stops it or the successor of a killed worker, takes the rest from there, so that everybody keeps exactly
what they have read.
"""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import AIResponse, Conversation, FinishReason, Message, ResponseStatus, Sender
from backend.chat.services import conversations, tree
from backend.chat.services.schemas import describe_message, readable
from backend.core.errors import AppError
from backend.engines.chatting.context import tokens_of
from backend.jobs import quota
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.live import log as event_log
from backend.live.log import Fence, Position
from backend.live.publish import publish

KIND: Final = "answer"
DELTA: Final = "delta"


def begin(conversation: Conversation, question: Message) -> Message:
    """An empty answer behind a message, and the job that makes it; `conversation` is held."""
    message = tree.add(conversation, Sender.AI, question.pk)
    AIResponse.objects.create(message=message, job=_submit(conversation), created_at=timezone.now())
    tell(message)
    conversations.tell(conversation)
    return message


@transaction.atomic
def regenerate(user: User, message: Message) -> Message:
    """Another answer to the same message; both stay, the new one is shown."""
    if message.sender != Sender.AI or message.parent is None:
        raise AppError("invalid", "Only an answer can be made anew.")
    conversation = conversations.ready(user, message.conversation_id)
    return begin(conversation, message.parent)


@transaction.atomic
def go_on(user: User, message: Message) -> Message:
    """Let the model go on with an answer that was stopped, cut or interrupted."""
    conversation = conversations.ready(user, message.conversation_id)
    response = AIResponse.objects.select_for_update().filter(message=message).first()
    if response is None or response.finish_reason == FinishReason.STOP:
        raise AppError("conflict", "This answer has not been stopped.")
    response.status, response.finish_reason = ResponseStatus.GENERATING, ""
    response.error_code = response.error_message = ""
    response.retry_count = 0
    response.job, response.finished_at = _submit(conversation), None
    response.kept, response.saved_at = len(response.response_content), None
    response.save()
    tell(message)
    return message


@transaction.atomic
def stop(user: User, message: Message) -> Message:
    """End an answer now, with what has been told of it. Does nothing to one that has ended."""
    conversations.lock(user, message.conversation_id)
    response = AIResponse.objects.filter(message=message, status=ResponseStatus.GENERATING).first()
    if response is not None and response.job_id is not None:
        jobs.cancel(user, response.job_id)
    return message


def job_ended(job: Job) -> None:
    """An answer ends with its job: with all that was told of it, whoever ended the job and why."""
    generating = AIResponse.objects.select_for_update(of=("self",)).select_related("message__conversation")
    response = generating.filter(job=job, status=ResponseStatus.GENERATING).first()
    if response is None:
        return
    # From now on the worker's pieces are refused; what came before is in the log.
    event_log.raise_fence(response.message.conversation.topic, Fence(job.fence, scope=str(job.pk)))
    told = told_of(response)
    counted = _count_unsaved(response, told)
    if job.status == Status.CANCELLED:
        end(response, FinishReason.STOPPED, text=told, **counted)
        return
    found = job.error or {"code": "internal", "message": ""}
    lost = found["code"] == "worker_lost" and told
    reason = FinishReason.INTERRUPTED if lost else FinishReason.ERROR
    end(response, reason, text=told, error_code=found["code"], error_message=found["message"], **counted)


def end(response: AIResponse, reason: FinishReason, *, text: str, **values: Any) -> None:
    """Store how an answer has ended, and tell it; inside the transaction of whoever ends it. `values` are further
    fields of the response.
    """
    failed = reason in (FinishReason.ERROR, FinishReason.INTERRUPTED)
    response.response_content, response.finish_reason = text, reason
    response.status = ResponseStatus.ERROR if failed else ResponseStatus.COMPLETED
    response.finished_at, response.retry_at = timezone.now(), None
    response.error_code = response.error_message = ""
    for name, value in values.items():
        setattr(response, name, value)
    response.save()
    tell(response.message)


def _count_unsaved(response: AIResponse, told: str) -> dict[str, Any]:
    """The tokens with those of the words that were told since the last save."""
    unsaved = told[len(response.response_content) :]
    if not unsaved:
        return {}
    return {"completion_tokens": (response.completion_tokens or 0) + tokens_of(unsaved), "is_estimated": True}


def told_of(response: AIResponse) -> str:
    """The text that has been told so far: what was saved, and what the log has beyond it."""
    text = response.response_content
    if response.saved_at is None:
        return text
    topic = response.message.conversation.topic
    for event, data in event_log.events_after(topic, Position(**response.saved_at)):
        if event == DELTA and data["message"] == response.message_id:
            text = spliced(text, data["offset"], data["text"])
    return text


def spliced(text: str, offset: int, piece: str) -> str:
    """A text with a piece of it from `offset` on; what is known already stays, a piece beyond the end is left out."""
    if offset > len(text):
        return text
    return text[:offset] + piece if offset + len(piece) > len(text) else text


def _submit(conversation: Conversation) -> Job:
    quota.check(conversation.user)
    title = conversation.title or "Answer"
    return jobs.submit(owner=conversation.user, kind=KIND, title=title, subject=conversation.topic)


def tell(message: Message) -> None:
    """Tell a message as it is stored now."""
    fresh = readable(Message.objects.select_related("conversation")).get(pk=message.pk)
    publish(fresh.conversation.topic, "message", describe_message(fresh))
