"""Which Whisper models are on this machine, and fetching one. Reads directories only: no model is loaded
here.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from backend.core.errors import AppError

# Good enough for many languages, and fast enough for two CPU cores.
DEFAULT_MODEL: Final = "small"
# The names that faster-whisper knows, by the hub repository that holds each.
_SYSTRAN: Final = (
    "tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en",
    "large-v1", "large-v2", "large-v3",
)  # fmt: skip
REPOSITORIES: Final[dict[str, str]] = {
    **{name: f"Systran/faster-whisper-{name}" for name in _SYSTRAN},
    "large": "Systran/faster-whisper-large-v3",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
FILES: Final = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
# CTranslate2 takes a Whisper for multilingual from this size of vocabulary on.
_MULTILINGUAL: Final = 51_865
_LANGUAGE: Final = re.compile(r"<\|([a-z]{2,3})\|>")


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A CTranslate2 Whisper in a directory, under the name that people see."""

    name: str
    path: Path


class NoNetwork(Exception):
    """The hub cannot be reached."""


def wanted_model(name: str = "") -> InstalledModel | None:
    """The model of that name, or the one that the settings ask for; None where it is not on this machine."""
    configured = settings.CONFIG.whisper_model or DEFAULT_MODEL
    if not name or name == _public_name(configured):
        name = configured
    path = _locate(name)
    return InstalledModel(_public_name(name), path) if path else None


def installed_models() -> list[str]:
    """The names that a user may choose from, the default first."""
    names = dict.fromkeys([settings.CONFIG.whisper_model or DEFAULT_MODEL, *REPOSITORIES])
    return list(dict.fromkeys(_public_name(name) for name in names if _locate(name)))


@lru_cache(maxsize=32)
def languages_of(path: Path) -> tuple[str, ...]:
    """The language codes in a model's vocabulary; only "en" for an English-only model.

    Raises `AppError("engine_failed")` for a directory without a readable vocabulary.
    """
    words = _vocabulary(path)
    if len(words) < _MULTILINGUAL:
        return ("en",)
    return tuple(sorted(match[1] for word in words if (match := _LANGUAGE.fullmatch(word))))


def fetch(name: str, progress: type[Any] | None = None) -> Path:
    """Download a model into `STENTOR_HOME/models`; `progress` is a class like tqdm that draws the bytes.

    Raises `NoNetwork` where the hub does not answer, `AppError("unsupported_option")` for a name it does not
    have.
    """
    import httpx2
    from huggingface_hub import errors, snapshot_download

    try:
        found = snapshot_download(
            _repository(name),
            cache_dir=_own_cache(),
            allow_patterns=list(FILES),
            tqdm_class=progress,
            etag_timeout=10,
        )
    except (errors.HfHubHTTPError, errors.HFValidationError) as error:
        raise AppError("unsupported_option", f"The hub has no model {name!r} for this server.") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, httpx2.TransportError, OSError) as error:
        raise NoNetwork(str(error)) from error
    return Path(found)


def _vocabulary(path: Path) -> list[str]:
    try:
        if (path / "vocabulary.json").is_file():
            return [str(word) for word in json.loads((path / "vocabulary.json").read_text("utf-8"))]
        return (path / "vocabulary.txt").read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise AppError("engine_failed", "The Whisper model has no readable vocabulary.") from error


def _locate(name: str) -> Path | None:
    directory = Path(name).expanduser()
    if (directory / "model.bin").is_file():
        return directory
    if name in REPOSITORIES or re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        return _in_cache(_repository(name))
    return None


def _in_cache(repository: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for cache in (_own_cache(), None):
        found = try_to_load_from_cache(repository, "model.bin", cache_dir=cache)
        if isinstance(found, str):
            return Path(found).parent
    return None


def _repository(name: str) -> str:
    return REPOSITORIES.get(name, name)


def _own_cache() -> Path:
    return Path(settings.HOME) / "models"


def _public_name(name: str) -> str:
    """A directory shows its own name, and one that is just called `model` that of the directory above."""
    directory = Path(name).expanduser()
    if not directory.is_dir():
        return name
    resolved = directory.resolve()
    return resolved.parent.name if resolved.name == "model" else resolved.name
