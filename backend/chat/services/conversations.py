"""What people do with their conversations: find, begin, change and delete them."""

from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.chat.models import Conversation, ConversationStatus, ResponseStatus
from backend.chat.services.schemas import describe
from backend.core.errors import AppError
from backend.core.paging import PageAsked, page_of
from backend.core.text import fold, folded_title, title_of
from backend.engines import chat_offer
from backend.live.publish import publish

PAGE: Final = 10
MAX_PAGE: Final = 100
MAX_MESSAGES: Final = 2000


def of(user: User) -> QuerySet[Conversation]:
    """The conversations of a user; nobody else reads them."""
    return Conversation.objects.filter(user=user).select_related("user")


def get(user: User, conversation_id: int) -> Conversation:
    """The conversation, or `AppError("not_found")`: what is not yours does not exist for you."""
    try:
        return of(user).get(pk=conversation_id)
    except ObjectDoesNotExist:
        raise AppError("not_found", "There is no such conversation, or it is not yours.") from None


def lock(user: User, conversation_id: int) -> Conversation:
    """The same, held until the transaction ends."""
    get(user, conversation_id)
    return Conversation.objects.select_for_update(of=("self",)).select_related("user").get(pk=conversation_id)


def ready(user: User, conversation_id: int) -> Conversation:
    """The conversation, held, where something may be said in it now; `conflict` while an answer is being made."""
    conversation = lock(user, conversation_id)
    if conversation.status == ConversationStatus.DELETED:
        raise AppError("conflict", "This conversation was deleted. Restore it first.")
    if conversation.messages.filter(response__status=ResponseStatus.GENERATING).exists():
        raise AppError("conflict", "An answer is still being made. Wait for it, or stop it.")
    if conversation.next_order > MAX_MESSAGES:
        raise AppError("limit_reached", f"A conversation may have {MAX_MESSAGES} messages. Begin another one.")
    return conversation


def search(
    user: User, *, words: str = "", status: str = "", model_version: str = "", page: int = 1, page_size: int = PAGE
) -> dict[str, Any]:
    """One page of the conversations whose title holds `words`, newest first. Without a `status` the active ones."""
    found = of(user).filter(status=status or ConversationStatus.ACTIVE)
    if words.strip():
        found = found.filter(folded_title__contains=fold(words))
    if model_version:
        found = found.filter(model_version=model_version)
    asked = {"search": words, "status": status, "model_version": model_version}
    wanted = PageAsked(page, page_size, PAGE, "/api/conversations/", asked)
    return page_of(found, wanted, lambda rows: [describe(row) for row in rows])


@transaction.atomic
def create(user: User, *, title: str = "", model_version: str = "", **wishes: Any) -> Conversation:
    """Begin an empty conversation. `wishes` are `system_prompt`, `temperature` and `max_tokens`. `invalid` for a
    model that is not offered.
    """
    chat_offer.check(model_version, "model_version")
    now = timezone.now()
    shown = title_of(title)
    conversation = Conversation.objects.create(
        user=user,
        title=shown,
        folded_title=folded_title(shown),
        has_own_title=bool(shown),
        model_version=model_version,
        created_at=now,
        updated_at=now,
        **wishes,
    )
    publish(f"user:{user.pk}", "conversation", describe(conversation))
    return conversation


@transaction.atomic
def update(user: User, conversation_id: int, changes: dict[str, Any]) -> Conversation:
    """Change the title, the status, or how the model answers from now on. `invalid` for a model that is not offered."""
    conversation = lock(user, conversation_id)
    if changes.get("model_version") != conversation.model_version:
        chat_offer.check(changes.get("model_version", ""), "model_version")
    if "title" in changes:
        changes = {**changes, "title": title_of(changes["title"])}
        changes |= {"folded_title": folded_title(changes["title"]), "has_own_title": bool(changes["title"])}
    for name, value in changes.items():
        setattr(conversation, name, value)
    conversation.save(update_fields=list(changes))
    tell(conversation)
    return conversation


def tell(conversation: Conversation) -> None:
    """Tell everybody who looks at it, and the list."""
    described = describe(conversation)
    publish(conversation.topic, "details", described)
    publish(f"user:{conversation.user_id}", "conversation", described)
