"""Which pyannote pipeline the settings name, and whether it is on this machine. Nothing is loaded here."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

CONFIGURATION: Final = "config.yaml"
_HUB_NAME: Final = re.compile(r"[\w.-]+/[\w.-]+")
_PART: Final = re.compile(r"\$model/([\w./-]+)")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline under the name that people see. `directory` is None where it must be fetched from the hub."""

    name: str
    directory: Path | None


def own_cache() -> Path:
    return Path(settings.HOME) / "models"


def find_pipeline(name: str) -> Pipeline | None:
    """The pipeline in a directory, in a local cache of the hub, or on the hub itself where there is a token.

    None where none of these holds.
    """
    directory = Path(name).expanduser()
    if name and (directory / CONFIGURATION).is_file():
        return Pipeline(directory.resolve().name, directory)
    if not _HUB_NAME.fullmatch(name):
        return None
    cached = _in_cache(name)
    if cached is None and not settings.CONFIG.hf_token.get_secret_value():
        return None
    return Pipeline(name, cached)


def _in_cache(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for cache in (own_cache(), None):
        found = try_to_load_from_cache(name, CONFIGURATION, cache_dir=cache)
        if isinstance(found, str) and _is_complete(Path(found)):
            return Path(found).parent
    return None


def _is_complete(configuration: Path) -> bool:
    """A download that was interrupted lacks the parts that the configuration names."""
    parts = _PART.findall(configuration.read_text("utf-8"))
    return all((configuration.parent / part).exists() for part in parts)
