"""The models for transcription that a client of OpenAI's API may ask for."""

from typing import Final

from backend.core.errors import AppError
from backend.engines.choosing import choose_transcriber
from backend.engines.installed import wanted_model
from backend.live.openai.listing import Model

ALIAS: Final = "whisper-1"


def installed_name(name: str) -> str:
    """The model that a client means, "" for the default one: OpenAI's own names mean that.

    Raises `AppError("not_found")` for a model that is not on this server.
    """
    names = choose_transcriber().models
    if name in names:
        return name
    if not name or name == ALIAS or name.startswith("gpt-"):
        return ""
    message = f"There is no model {name!r} here. There are: {', '.join([ALIAS, *names])}."
    raise AppError("not_found", message, fields={"model": [message]})


def listed() -> list[Model]:
    """OpenAI's name for the default model, and what is installed."""
    return [_listed(name) for name in (ALIAS, *choose_transcriber().models)]


def _listed(name: str) -> Model:
    found = wanted_model("" if name == ALIAS else name)
    return Model(name, int(found.path.stat().st_mtime) if found else 0)
