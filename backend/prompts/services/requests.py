"""Batches of requests."""

from dataclasses import dataclass
from typing import Any, Final

from backend.engines.chatting import Turn
from backend.jobs.running import Run
from backend.prompts.models import Batch

KIND: Final = "requests"


@dataclass(frozen=True, slots=True)
class Question:
    """What one request asks a model."""

    turns: list[Turn]
    model: str
    temperature: float | None
    max_tokens: int | None


def prepare(run: Run, batch: Batch) -> None:
    """Make the rows of a batch out of the lines of its file."""


def question(request: dict[str, Any]) -> Question:
    """What is asked by the `request` of a row."""
    turns = [Turn(one["role"], one["content"]) for one in request["messages"]]
    return Question(turns, request["model"], request["temperature"], request["max_tokens"])
