"""The chat service that this one replaces: its addresses without `/api/`, and its errors."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rest_framework.response import Response

from backend.chat.api.commands import COMMANDS
from backend.core.api import answer_problem
from backend.live.api import CommandView
from backend.live.commands import Command

_NAMES: Final = (
    "chat.list", "chat.create", "chat.get", "chat.update", "chat.start", "chat.send", "chat.messages",
    "chat.edit_message", "chat.mark_deleted",
)  # fmt: skip
SEED_COMMANDS: Final[tuple[Command, ...]] = tuple(
    replace(command, path=command.path.removeprefix("api/")) for command in COMMANDS if command.name in _NAMES
)


class SeedView(CommandView):
    """Answers errors with the key `error` too, as clients of that service expect them."""

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _answer_error


def _answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    response = answer_problem(error, context)
    if response is not None:
        response.data = {**response.data, "error": response.data["detail"]}
    return response
