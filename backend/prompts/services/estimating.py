"""What a batch will take, before anybody pays for it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db.models import Avg
from pydantic import BaseModel

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.documents.models import Document, DocumentStatus
from backend.engines import chat_offer
from backend.engines.chat_offer import EngineOut
from backend.engines.chatting.context import tokens_of
from backend.engines.chatting.prices import cost_of
from backend.jobs import quota
from backend.prompts.models import Cell
from backend.prompts.services import asking, templates
from backend.prompts.services.choosing import check_ready, chosen
from backend.prompts.services.templates import TEXT, VARIABLES
from backend.prompts.services.wishes import BatchIn, check, check_size

# What an answer takes where nobody has asked this model for one yet.
USUAL_TOKENS: Final = 300
REMEMBERED: Final = 500


class EstimateOut(BaseModel):
    """`split` documents are longer than the model's context, `not_ready` ones have no text. `cost` and `seconds` are
    null where nobody knows the prices, or how fast the model is. `problems` say why it cannot begin, or would fail.
    """

    documents: int
    prompts: int
    cells: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    currency: str
    seconds: float | None
    split: int
    not_ready: int
    model: str
    engine: EngineOut
    problems: list[str]


def estimate(user: User, wishes: BatchIn) -> dict[str, Any]:
    """Tokens, cost and time of a batch. Raises `AppError("unknown_document")`."""
    offer = chat_offer.current()
    model = wishes.model or offer.default
    found = chosen(user, wishes)
    ready = [document.tokens for document in found if document.status == DocumentStatus.READY]
    problems = _refusals(user, wishes, found)
    cells = len(ready) * len(wishes.prompts)
    usual, seconds_each = _experience(user, model)
    completion = cells * min(usual, wishes.max_tokens or usual)
    prompt, split = _asked(wishes, ready, problems)
    prompt += cells * tokens_of(wishes.system_prompt)
    return EstimateOut(
        documents=len(found),
        prompts=len(wishes.prompts),
        cells=len(found) * len(wishes.prompts),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=cost_of(model, prompt, completion),
        currency=settings.CONFIG.chat_currency,
        seconds=None if seconds_each is None else cells * seconds_each / settings.CONFIG.prompt_cells,
        split=split,
        not_ready=len(found) - len(ready),
        model=model,
        engine=EngineOut(name=offer.engine, model=model, reason=offer.reason),
        problems=problems,
    ).model_dump(mode="json")


def _refusals(user: User, wishes: BatchIn, found: Sequence[Document]) -> list[str]:
    """Why the batch would not be taken, each reason in words."""
    problems: list[str] = []
    try:
        check(wishes)
    except AppError as error:
        problems += [text for texts in error.fields.values() for text in texts]
    for look in (partial(check_size, wishes, len(found)), partial(check_ready, found), partial(quota.check, user)):
        try:
            look()
        except AppError as error:
            problems.append(error.message)
    return problems


def _asked(wishes: BatchIn, documents: list[int], problems: list[str]) -> tuple[int, int]:
    """The tokens of all questions, and how many documents are split for at least one of them. Adds to the `problems`
    the prompts that leave no room for a document.
    """
    options = asking.Wishes(wishes.model, wishes.system_prompt, wishes.temperature, wishes.max_tokens)
    nothing = dict.fromkeys(VARIABLES, "")
    asked, rooms = 0, []
    for prompt in wishes.prompts:
        if templates.problems(prompt.value):
            continue
        asked += len(documents) * tokens_of(prompt.value) + sum(documents) * max(
            1, templates.mentions(prompt.value, TEXT)
        )
        try:
            rooms.append(asking.room_for_text(prompt.value, {**nothing, TEXT: ""}, options))
        except AppError as error:
            problems.append(f"{prompt.name}: {error.message}")
    room = min(rooms, default=0)
    return asked, sum(tokens > room for tokens in documents) if rooms else 0


def _experience(user: User, model: str) -> tuple[int, float | None]:
    """What an answer of this model has taken in the user's last batches: tokens, seconds."""
    ended = Cell.objects.filter(
        batch__job__owner=user, batch__engine__model=model, status="done", completion_tokens__gt=0
    )
    newest = ended.order_by("-pk").values("pk")[:REMEMBERED]
    found = Cell.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).aggregate(
        tokens=Avg("completion_tokens"), seconds=Avg("took_s")
    )
    if found["tokens"] is None:
        return USUAL_TOKENS, None
    return round(found["tokens"]), float(found["seconds"])
