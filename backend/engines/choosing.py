"""Which engine answers: by the settings, and by what is installed. Always with the reason, in words for
people.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.utils.module_loading import import_string

from backend.core.errors import AppError
from backend.engines import Transcriber
from backend.engines.installed import installed_models, wanted_model
from backend.engines.listening import LiveTranscriber

WHISPER: Final = "faster-whisper"
EMBEDDED: Final = "pocketsphinx"
_lock: Final = threading.Lock()


Engine = TypeVar("Engine")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Engine]):
    """An engine, why it was taken, and the models that a user may ask for instead of the default."""

    engine: Engine
    reason: str
    models: tuple[str, ...]


def get_engine(capability: str, name: str, model: str = "") -> Any:
    """The engine of that name, one per process; its class is found by `settings.ENGINES`.

    Raises `AppError("unsupported_option")` for a name that the settings do not have.
    """
    with _lock:
        return _make(capability, name, model)


def choose_transcriber(model: str = "") -> Choice[Transcriber]:
    """The transcriber that answers here. `model` is a user's wish and must be one of the installed ones."""
    return _choose("transcriber", model)


def choose_live_transcriber(model: str = "") -> Choice[LiveTranscriber]:
    """The same for recordings that are heard while they are made."""
    return _choose("live_transcriber", model)


def _choose(capability: str, model: str) -> Choice[Any]:
    setting = settings.CONFIG.transcriber
    if setting == "auto":
        name, reason = _best()
    else:
        name, reason = setting, f"{setting}: chosen by the setting TRANSCRIBER."
    models = tuple(installed_models()) if name == WHISPER else ("en-us",)
    if model and model not in models:
        raise AppError(
            "unsupported_option",
            f"This server has no model {model!r}. It has: {', '.join(models) or 'none'}.",
        )
    return Choice(get_engine(capability, name, model), reason, models)


def _best() -> tuple[str, str]:
    model = wanted_model()
    if model is not None:
        return WHISPER, f"{WHISPER}: the model {model.name} is installed."
    wish = settings.CONFIG.whisper_model
    missing = f"the Whisper model {wish!r} is not installed" if wish else "no Whisper model is installed"
    return EMBEDDED, f"{EMBEDDED}: {missing}; run `manage.py fetch_models`."


@cache
def _make(capability: str, name: str, model: str) -> Any:
    try:
        path = settings.ENGINES[capability][name]
    except KeyError:
        raise AppError("unsupported_option", f"There is no {capability} named {name!r} in the settings.") from None
    factory: Callable[[str], Any] = import_string(path)
    return factory(model)
