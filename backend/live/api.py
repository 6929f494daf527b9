"""Commands by REST: one view for all of them."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.core.api import MAX_JSON_BYTES
from backend.core.errors import AppError
from backend.live.commands import Command, execute

MAX_KEY = 100


def key_of(request: Request) -> str | None:
    """The header `Idempotency-Key`; None where there is none. Raises `AppError("invalid")` for one that is too long."""
    key = request.headers.get("Idempotency-Key") or None
    if key and len(key) > MAX_KEY:
        raise AppError("invalid", f"Idempotency-Key is longer than {MAX_KEY} characters.")
    return key


class CommandView(APIView):
    """Runs one command for each method that its path answers. The header `Idempotency-Key` is the command's key."""

    scope: str | None = None

    def run(self, command: Command, request: Request, parameters: dict[str, Any]) -> Response:
        data = request.query_params.dict() if command.method == "GET" else request.data
        key = key_of(request)
        if not isinstance(data, dict):
            raise AppError("bad_request", "The body must be a JSON object.")
        user = request.user
        assert isinstance(user, User)
        answer = execute(command, user, {**data, **parameters}, key=key, scopes=getattr(request.auth, "scopes", None))
        return Response(None if command.status == 204 else answer, status=command.status)


def command_urls(
    *commands: Command, base: type[CommandView] = CommandView, documented: bool = True
) -> list[URLPattern]:
    """The REST addresses of commands, each with and without a final slash; `base` answers them."""
    by_path: dict[str, list[Command]] = {}
    for command in commands:
        by_path.setdefault(command.path.rstrip("/"), []).append(command)
    patterns = []
    for route, of_path in by_path.items():
        shown = {} if documented else {"schema": None}
        patterns += [
            path(route, _view_of(base, of_path, **shown)),
            path(f"{route}/", _view_of(base, of_path, schema=None)),
        ]
    return patterns


def _view_of(base: type[CommandView], commands: list[Command], **attributes: Any) -> Any:
    handlers = {command.method.lower(): _handler_of(command) for command in commands}
    name = commands[0].name.title().replace(".", "").replace("_", "")
    limits = {
        "scope": commands[0].scope,
        "max_json_bytes": max(command.max_bytes or MAX_JSON_BYTES for command in commands),
    }
    return type(f"{name}View", (base,), {**handlers, **attributes, **limits}).as_view()  # type: ignore[attr-defined]


def _handler_of(command: Command) -> Callable[..., Response]:
    def handle(self: CommandView, request: Request, **parameters: Any) -> Response:
        return self.run(command, request, parameters)

    described: Callable[..., Response] = extend_schema(
        operation_id=command.name,
        summary=command.summary,
        request=None if command.method in {"GET", "DELETE"} else command.input,
        responses={command.status: command.output},
    )(handle)
    return described
