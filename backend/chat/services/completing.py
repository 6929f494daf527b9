"""Conversations that begin in the middle: a program brings all that was said so far, and wants the next answer."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from backend.accounts.models import User
from backend.chat.models import AIResponse, Message, Sender
from backend.chat.services import conversations, messages, tree
from backend.jobs.models import Job


@transaction.atomic
def complete(
    user: User, said: Sequence[tuple[Sender, str]], question: str, *, system_prompt: str, model: str, **wishes: Any
) -> Message:
    """Begin a conversation with what was `said` before, ask the `question` and return the answer that is being made.

    `wishes` are `temperature` and `max_tokens`. Busy servers are not asked again: whoever waits for this answer is
    told when to ask again, and does.
    """
    conversation = conversations.create(user, model_version=model, system_prompt=system_prompt, **wishes)
    for sender, content in said:
        tree.add(conversation, sender, conversation.shown_id, content=content)
    asked = messages.say(user, conversation.pk, question)
    response = AIResponse.objects.select_related("message__conversation").get(message__parent=asked)
    Job.objects.filter(response=response).update(attempt_limit=1)
    return response.message


def retry_after(answer: Message) -> float | None:
    """The seconds after which asking again makes sense, where the server that answers has said so."""
    job = Job.objects.filter(response__message=answer).first()
    return (job.error or {}).get("retry_after_s") if job else None
