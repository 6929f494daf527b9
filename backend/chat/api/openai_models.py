"""The models for chat that a client of OpenAI's API may ask for."""

from django.conf import settings

from backend.engines.chatting import UpstreamError
from backend.engines.choosing_chat import choose_chat_model
from backend.live.openai.listing import Model


def listed() -> list[Model]:
    """What answers here, the default first; by the settings alone while the server that answers does not."""
    try:
        names = choose_chat_model().engine.models()
    except UpstreamError:
        names = tuple(dict.fromkeys(filter(None, (settings.CONFIG.chat_model, *settings.CONFIG.chat_models))))
    return [Model(name) for name in names]
