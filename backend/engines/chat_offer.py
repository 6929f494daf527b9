"""Which models a user may choose."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.cache import cache
from pydantic import BaseModel

from backend.core.errors import AppError
from backend.engines.choosing_chat import EMBEDDED, choose_chat_model

KEEP_S: Final = 60
KEY: Final = "chat:offer"


@dataclass(frozen=True, slots=True)
class Offer:
    """`models` is empty where the server that answers does not tell; `reason` says why, and why it was chosen."""

    engine: str
    default: str
    models: tuple[str, ...]
    reason: str

    @property
    def is_a_choice(self) -> bool:
        """Whether a wish for another model can be told to be in vain. The embedded engine is one for all wishes."""
        return bool(self.models) and self.engine != EMBEDDED


class EngineOut(BaseModel):
    """Which engine answers, with which model, and why, as clients see it."""

    name: str
    model: str
    reason: str


def current() -> Offer:
    """What is offered, as the server that answers says it, asked once a minute."""
    found: Offer | None = cache.get(KEY)
    if found is None:
        found = _ask()
        cache.set(KEY, found, KEEP_S)
    return found


def check(model: str, field: str) -> None:
    """Raise `AppError("invalid")` for a model that is known not to be offered; "" is the default. `field` is the
    input that named it.
    """
    if not model:
        return
    offer = current()
    if offer.is_a_choice and model not in offer.models:
        message = f"This server does not offer the model {model!r}."
        raise AppError("invalid", message, fields={field: [message]})


def _ask() -> Offer:
    choice = choose_chat_model()
    models: tuple[str, ...] = ()
    reason = choice.reason
    try:
        models = choice.engine.models()
    except AppError as error:
        reason = f"{reason} {error.message}"
    default = models[0] if models else settings.CONFIG.chat_model
    return Offer(choice.engine.name, default, models, reason)
