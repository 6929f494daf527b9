"""The registry of commands: one service function, reachable by REST and by socket under one name.

A domain says where its commands are when its app is ready. `consumers.commands` runs them for sockets,
`backend.live.api.CommandView` for HTTP; both through `execute`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from pydantic import BaseModel, ConfigDict, ValidationError

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.live.models import CommandAnswer


class Input(BaseModel):
    """What a command takes; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Command:
    """`run(user, data)` gets validated input and returns JSON-compatible data.

    `method` and `path` are the REST twin (`path` as in `urls.py`, its parameters are fields of the input),
    `scope` is what an API key must hold, `max_bytes` the most that a body for the twin may have where the usual limit
    is not meant.
    """

    name: str
    input: type[Input]
    run: Callable[[User, Any], dict[str, Any]]
    method: str
    path: str
    scope: str
    output: type[BaseModel] | None = None
    status: int = 200
    summary: str = ""
    max_bytes: int | None = None


_places: list[str] = []


def register(*places: str) -> None:
    """Where commands are: dotted paths of tuples. They are loaded when one is wanted, which no worker ever does."""
    _places.extend(places)
    _commands.cache_clear()


@cache
def _commands() -> dict[str, Command]:
    return {command.name: command for place in _places for command in import_string(place)}


def all_commands() -> list[Command]:
    return [command for _, command in sorted(_commands().items())]


def find(name: str) -> Command:
    try:
        return _commands()[name]
    except KeyError:
        raise AppError("unknown_type", f"There is no command {name!r}.") from None


def execute(
    command: Command, user: User, data: dict[str, Any], *, key: str | None = None, scopes: frozenset[str] | None
) -> dict[str, Any]:
    """Validate and run a command; one that changes something in a transaction. With a `key` its first answer is
    kept, and given again.
    """
    if scopes is not None and command.scope not in scopes:
        raise AppError("forbidden", f"This key lacks the scope {command.scope!r}.")
    value = validate(command.input, data)
    if command.method == "GET":
        # What only reads, and may take its time, must not keep others from writing: SQLite has one writer.
        return command.run(user, value)
    with transaction.atomic():
        if key is None:
            return command.run(user, value)
        # Locking the user's row makes a repeated command wait for the first one to end.
        User.objects.select_for_update().get(pk=user.pk)
        known = CommandAnswer.objects.filter(user=user, key=key).first()
        if known is not None and known.command != command.name:
            raise AppError("conflict", "This key was used for another command.")
        if known is not None:
            answer: dict[str, Any] = known.answer
            return answer
        answer = command.run(user, value)
        CommandAnswer.objects.create(user=user, key=key, command=command.name, answer=answer, created_at=timezone.now())
        return answer


def validate(model: type[Input], data: dict[str, Any]) -> Input:
    """The data as the model, or `AppError("invalid")` with a message for each field."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for item in error.errors(include_url=False, include_input=False):
            fields.setdefault(".".join(map(str, item["loc"])) or "data", []).append(item["msg"])
        raise AppError("invalid", "Some values are not valid.", fields=fields) from None
