"""Which chat model answers: by the settings. Always with the reason, in words for people."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from backend.engines.chatting import ChatModel
from backend.engines.choosing import get_engine

OPENAI: Final = "openai"
EMBEDDED: Final = "embedded"


@dataclass(frozen=True, slots=True)
class ChatChoice:
    """A chat model, and why it was taken."""

    engine: ChatModel
    reason: str


def choose_chat_model() -> ChatChoice:
    """The chat model that answers here.

    Raises `AppError("unsupported_option")` for a name that the settings do not have.
    """
    setting = settings.CONFIG.chat_engine
    if setting == "auto":
        name, reason = _best()
    else:
        name, reason = setting, f"{setting}: chosen by the setting CHAT_ENGINE."
    return ChatChoice(get_engine("chat", name, settings.CONFIG.chat_model if name == OPENAI else ""), reason)


def _best() -> tuple[str, str]:
    if settings.CONFIG.openai_base_url:
        return OPENAI, f"{OPENAI}: OPENAI_BASE_URL is set."
    if settings.CONFIG.openai_api_key.get_secret_value():
        return OPENAI, f"{OPENAI}: OPENAI_API_KEY is set."
    return EMBEDDED, f"{EMBEDDED}: neither OPENAI_BASE_URL nor OPENAI_API_KEY is set; it only quotes."
