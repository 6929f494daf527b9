"""What a user is writing in a conversation, the same in all tabs."""

from django.db import transaction

from backend.accounts.models import User
from backend.chat.models import Conversation
from backend.chat.services import conversations
from backend.live.publish import publish


@transaction.atomic
def store(user: User, conversation_id: int, content: str, tab: str) -> None:
    """Keep a draft and tell it; `tab` is what its writer calls itself, so that it knows its own words."""
    keep(conversations.lock(user, conversation_id), content, tab)


def keep(conversation: Conversation, content: str, tab: str = "") -> None:
    """The same in a conversation that is held."""
    conversation.draft = content
    conversation.save(update_fields=["draft"])
    publish(conversation.topic, "draft", {"content": content, "tab": tab})
