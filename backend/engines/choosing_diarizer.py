"""Which diarizer answers: by the settings, and by what is installed. Always with the reason, in words for people."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from backend.engines.choosing import get_engine
from backend.engines.diarizing import Diarizer
from backend.engines.diarizing.pipelines import find_pipeline

PYANNOTE: Final = "pyannote"
EMBEDDED: Final = "embedded"


@dataclass(frozen=True, slots=True)
class DiarizerChoice:
    """A diarizer, and why it was taken."""

    engine: Diarizer
    reason: str


def choose_diarizer() -> DiarizerChoice:
    """The diarizer that answers here.

    Raises `AppError("unsupported_option")` for a name that the settings do not have, `AppError("engine_failed")`
    where the one that they demand is not installed.
    """
    setting, model = settings.CONFIG.diarizer, settings.CONFIG.diarization_model
    if setting == "auto":
        name, reason = _best(model)
    else:
        name, reason = setting, f"{setting}: chosen by the setting DIARIZER."
    return DiarizerChoice(get_engine("diarizer", name, model if name == PYANNOTE else ""), reason)


def _best(model: str) -> tuple[str, str]:
    if not model:
        return EMBEDDED, f"{EMBEDDED}: no pyannote pipeline is named by DIARIZATION_MODEL."
    found = find_pipeline(model)
    if found is None:
        return EMBEDDED, f"{EMBEDDED}: the pyannote pipeline {model!r} is not installed."
    how = "is installed" if found.directory else "can be fetched with HF_TOKEN"
    return PYANNOTE, f"{PYANNOTE}: the pipeline {found.name} {how}."
