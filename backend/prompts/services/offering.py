"""What somebody who writes a batch may choose from, and within which limits."""

from typing import Any

from django.conf import settings
from pydantic import BaseModel

from backend.accounts.models import User
from backend.engines import chat_offer
from backend.engines.chat_offer import EngineOut
from backend.jobs import quota
from backend.jobs.quota import QuotaOut
from backend.prompts.services.templates import VARIABLES
from backend.prompts.services.wishes import MOST_DOCUMENTS, MOST_PROMPT_CHARACTERS, MOST_PROMPTS


class VariableOut(BaseModel):
    name: str
    meaning: str


class LimitsOut(BaseModel):
    documents: int
    prompts: int
    cells: int
    prompt_characters: int


class OfferOut(BaseModel):
    """`prices` are those of a million tokens that are sent, and that come back. `models` is empty where the server
    that answers does not tell them.
    """

    models: list[str]
    default: str
    engine: EngineOut
    quota: QuotaOut
    currency: str
    prices: dict[str, tuple[float, float]]
    variables: list[VariableOut]
    limits: LimitsOut


def offer(user: User) -> dict[str, Any]:
    found, config = chat_offer.current(), settings.CONFIG
    return OfferOut(
        models=list(found.models),
        default=found.default,
        engine=EngineOut(name=found.engine, model=found.default, reason=found.reason),
        quota=quota.describe(user),
        currency=config.chat_currency,
        prices=config.chat_prices,
        variables=[VariableOut(name=name, meaning=meaning) for name, meaning in VARIABLES.items()],
        limits=LimitsOut(
            documents=MOST_DOCUMENTS,
            prompts=MOST_PROMPTS,
            cells=config.max_cells_per_batch,
            prompt_characters=MOST_PROMPT_CHARACTERS,
        ),
    ).model_dump(mode="json")
