"""`GET /v1/models`: what a client of OpenAI's API may ask for as `model`, of all that this server can do.

Domains do not know one another: each registers the models of its own when its app is ready.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import principal_of
from backend.core.errors import AppError
from backend.live.openai.errors import answer_error


@dataclass(frozen=True, slots=True)
class Model:
    """`created` in seconds since 1970; 0 where nobody knows."""

    name: str
    created: int = 0


_sources: dict[str, Callable[[], Sequence[Model]]] = {}


def register(scope: str, models: Callable[[], Sequence[Model]]) -> None:
    """Have the list show the models that whoever holds the scope may use."""
    _sources[scope] = models


class _ModelView(APIView):
    scope = None

    def get_exception_handler(self) -> Any:
        return answer_error


class Models(_ModelView):
    @extend_schema(operation_id="openai_models", summary="The models that you may use", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response({"object": "list", "data": [_describe(model) for model in _usable(request).values()]})


class OneModel(_ModelView):
    @extend_schema(operation_id="openai_model", summary="One of the models", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, model: str) -> Response:
        found = _usable(request).get(model)
        if found is None:
            raise AppError("not_found", f"There is no model {model!r} here.", fields={"model": [model]})
        return Response(_describe(found))


def _usable(request: Request) -> dict[str, Model]:
    held = principal_of(request).scopes
    names: dict[str, Model] = {}
    for scope, models in _sources.items():
        if held is None or scope in held:
            for model in models():
                names.setdefault(model.name, model)
    return names


def _describe(model: Model) -> dict[str, Any]:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "stentor"}
