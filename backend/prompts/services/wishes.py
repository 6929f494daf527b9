"""What people may ask for with a batch, checked."""

from collections.abc import Sequence
from typing import Annotated, Final, Self
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backend.core.errors import AppError
from backend.core.text import MAX_TITLE, NO_NUL
from backend.engines import chat_offer
from backend.live.commands import Input
from backend.prompts.services import templates

MOST_PROMPTS: Final = 50
MOST_DOCUMENTS: Final = 20_000
MOST_PROMPT_CHARACTERS: Final = 20_000
LONGEST_ANSWER: Final = 100_000
PREVIEW_PROMPTS: Final = 5
SCOPE_ENDING: Final = "_list"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_NUL)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MOST_PROMPT_CHARACTERS, pattern=NO_NUL)]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
Collection = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
ScopeKey = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,63}}{SCOPE_ENDING}$")]


class PromptIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    value: Text


class BatchIn(Input):
    """Which documents and which prompts. `scope` names documents by their external ids: {"<collection>_list": […]}."""

    title: str = Field(default="", max_length=MAX_TITLE, pattern=NO_NUL)
    documents: list[UUID] = Field(default=[], max_length=MOST_DOCUMENTS)
    collections: list[Collection] = Field(default=[], max_length=100, description="all ready documents of these")
    scope: dict[ScopeKey, Annotated[list[ExternalId], Field(max_length=MOST_DOCUMENTS)]] = {}
    prompts: list[PromptIn] = Field(min_length=1, max_length=MOST_PROMPTS)
    model: str = Field(default="", max_length=100, pattern=NO_NUL)
    system_prompt: str = Field(default="", max_length=MOST_PROMPT_CHARACTERS, pattern=NO_NUL)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=LONGEST_ANSWER)
    preview: bool = Field(default=False, description="one document, few prompts; thrown away with the next preview")

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [prompt.name for prompt in self.prompts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"Two prompts have the name {twice[0]!r}.")
        return self


def check(wishes: BatchIn) -> None:
    """Raise `AppError("invalid")` for prompts that cannot be filled and for a model that is not offered."""
    fields = _prompt_problems(wishes.prompts)
    if fields:
        raise AppError("invalid", "A prompt cannot be filled.", fields=fields)
    chat_offer.check(wishes.model, "model")
    if wishes.max_tokens is not None and wishes.max_tokens >= settings.CONFIG.chat_context_tokens:
        message = f"The model reads {settings.CONFIG.chat_context_tokens:,} tokens in all, answer included."
        raise AppError("invalid", message, fields={"max_tokens": [message]})


def check_size(wishes: BatchIn, documents: int) -> None:
    """Raise `AppError`: `invalid` where there is nothing to do, `too_many_cells`."""
    if not documents:
        raise AppError("invalid", "Choose at least one document.", fields={"documents": ["There is none."]})
    if wishes.preview and (documents > 1 or len(wishes.prompts) > PREVIEW_PROMPTS):
        raise AppError("invalid", f"A preview is of one document and at most {PREVIEW_PROMPTS} prompts.")
    most = min(settings.CONFIG.max_cells_per_batch, MOST_DOCUMENTS * MOST_PROMPTS)
    cells = documents * len(wishes.prompts)
    if cells > most or documents > MOST_DOCUMENTS:
        raise AppError(
            "too_many_cells",
            f"{documents:,} documents and {len(wishes.prompts)} prompts are {cells:,} cells; "
            f"a batch may have {most:,}, of at most {MOST_DOCUMENTS:,} documents.",
        )


def _prompt_problems(prompts: Sequence[PromptIn]) -> dict[str, list[str]]:
    """What is wrong with which prompt."""
    found = {f"prompts.{number}.value": templates.problems(prompt.value) for number, prompt in enumerate(prompts)}
    return {field: texts for field, texts in found.items() if texts}
