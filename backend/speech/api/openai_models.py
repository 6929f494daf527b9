"""`GET /v1/models`: what a client of OpenAI's API may ask for as `model`."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.core.errors import AppError
from backend.engines.choosing import choose_transcriber
from backend.engines.installed import wanted_model
from backend.speech.api.openai_errors import answer_error

ALIAS: Final = "whisper-1"


def installed_name(name: str) -> str:
    """The model that a client means, "" for the default one: OpenAI's own names mean that.

    Raises `AppError("not_found")` for a model that is not on this server.
    """
    names = choose_transcriber().models
    if name in names:
        return name
    if not name or name == ALIAS or name.startswith("gpt-"):
        return ""
    message = f"There is no model {name!r} here. There are: {', '.join([ALIAS, *names])}."
    raise AppError("not_found", message, fields={"model": [message]})


class _ModelView(APIView):
    scope = "speech"

    def get_exception_handler(self) -> Any:
        return answer_error


class Models(_ModelView):
    @extend_schema(operation_id="openai_models", summary="The models for transcription", responses=OpenApiTypes.OBJECT)
    def get(self, _request: Request) -> Response:
        return Response({"object": "list", "data": [_describe(name) for name in _names()]})


class OneModel(_ModelView):
    @extend_schema(operation_id="openai_model", summary="One of the models", responses=OpenApiTypes.OBJECT)
    def get(self, _request: Request, model: str) -> Response:
        if model not in _names():
            raise AppError("not_found", f"There is no model {model!r} here.", fields={"model": [model]})
        return Response(_describe(model))


def _names() -> list[str]:
    return [ALIAS, *choose_transcriber().models]


def _describe(name: str) -> dict[str, Any]:
    found = wanted_model("" if name == ALIAS else name)
    created = int(found.path.stat().st_mtime) if found else 0
    return {"id": name, "object": "model", "created": created, "owned_by": "stentor"}
