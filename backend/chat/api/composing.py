"""What a page needs to write a message, by REST and by socket: the models to choose from, and the draft."""

from typing import Any

from pydantic import BaseModel, Field

from backend.accounts.models import User
from backend.chat.api.commands import MAX_CONTENT, OneConversation
from backend.chat.services import drafts
from backend.core.text import NO_NUL
from backend.engines import chat_offer
from backend.engines.chat_offer import EngineOut
from backend.jobs import quota
from backend.jobs.quota import QuotaOut
from backend.live.commands import Command, Input


class Nothing(Input):
    pass


class Draft(OneConversation):
    content: str = Field(max_length=MAX_CONTENT, pattern=NO_NUL)
    tab: str = Field(default="", max_length=40, pattern=NO_NUL, description="what the writer calls itself")


class ModelsOut(BaseModel):
    """`models` is empty where the server that answers does not tell them; `engine.reason` says why."""

    models: list[str]
    default: str
    engine: EngineOut
    quota: QuotaOut


def _models(user: User, data: Nothing) -> dict[str, Any]:
    offer = chat_offer.current()
    return ModelsOut(
        models=list(offer.models),
        default=offer.default,
        engine=EngineOut(name=offer.engine, model=offer.default, reason=offer.reason),
        quota=quota.describe(user),
    ).model_dump(mode="json")


def _draft(user: User, data: Draft) -> dict[str, Any]:
    drafts.store(user, data.conversation_id, data.content, data.tab)
    return {}


COMMANDS = (
    Command(
        "chat.models", Nothing, _models, "GET", "api/chat_models", "chat", output=ModelsOut,
        summary="The models to choose from, and how many tokens you have today",
    ),
    Command(
        "chat.draft", Draft, _draft, "PUT", "api/conversations/<int:conversation_id>/draft", "chat", status=204,
        summary="Keep what you are writing, for your other tabs",
    ),
)  # fmt: skip
