"""`GET /v1/models`: what a client of OpenAI's API may ask for as `model`, of all that this server can do."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import principal_of
from backend.core.errors import AppError
from backend.live.openai.error_answers import answer_error
from backend.live.openai.listing import Model, sources


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
    for scope, models in sources().items():
        if held is None or scope in held:
            for model in models():
                names.setdefault(model.name, model)
    return names


def _describe(model: Model) -> dict[str, Any]:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "stentor"}
