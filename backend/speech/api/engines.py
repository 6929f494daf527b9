"""Which engines answer here: for uploads, for the microphone, and for telling voices apart."""

from typing import Any

from pydantic import BaseModel

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.engines.choosing import choose_live_transcriber, choose_transcriber
from backend.engines.choosing_diarizer import choose_diarizer
from backend.live.commands import Command, Input
from backend.speech.services.schemas import EngineOut


class Nothing(Input):
    pass


class TranscriberOut(EngineOut):
    can_translate: bool
    can_use_hotwords: bool
    languages: list[str]
    models: list[str]


class EnginesOut(BaseModel):
    """`diarizer` is null where none can tell voices apart."""

    transcriber: TranscriberOut
    live: TranscriberOut
    diarizer: EngineOut | None


def _engines(user: User, data: Nothing) -> dict[str, Any]:
    found = EnginesOut(
        transcriber=_transcriber(choose_transcriber()),
        live=_transcriber(choose_live_transcriber()),
        diarizer=_diarizer(),
    )
    return found.model_dump(mode="json")


def _transcriber(choice: Any) -> TranscriberOut:
    engine = choice.engine
    return TranscriberOut(
        name=engine.name,
        model=engine.model,
        reason=choice.reason,
        can_translate=engine.can_translate,
        can_use_hotwords=engine.can_use_hotwords,
        languages=list(engine.languages),
        models=list(choice.models),
    )


def _diarizer() -> EngineOut | None:
    try:
        choice = choose_diarizer()
    except AppError:
        return None
    return EngineOut(name=choice.engine.name, model=choice.engine.model, reason=choice.reason)


COMMANDS = (
    Command(
        "engines.get", Nothing, _engines, "GET", "api/engines", "speech", output=EnginesOut,
        summary="Which engines answer here, and why",
    ),
)  # fmt: skip
