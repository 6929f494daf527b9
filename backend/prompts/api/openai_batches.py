"""`/v1/batches` as OpenAI's clients call it. Such a batch is one like any other: in its owner's list, with a job."""

from typing import Annotated, Any, Final, Literal

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.core.text import NO_NUL
from backend.jobs import services as jobs
from backend.live.api import key_of
from backend.live.commands import Command, Input, execute, validate
from backend.prompts.api.openai_base import OpenAIView, user_of
from backend.prompts.api.openai_shapes import batch_object, list_of
from backend.prompts.services.requests import beginning, lookup
from backend.prompts.services.requests.ids import parse_batch_id

_Key = Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
_Value = Annotated[str, Field(max_length=512, pattern=NO_NUL)]


class BatchRequest(Input):
    input_file_id: str = Field(max_length=100)
    endpoint: Literal["/v1/chat/completions"]
    completion_window: Literal["24h"]
    metadata: Annotated[dict[_Key, _Value], Field(max_length=16)] | None = None


class ListQuery(Input):
    after: str = Field(default="", max_length=100)
    limit: int = Field(default=20, ge=1, le=100)


class Batches(OpenAIView):
    @extend_schema(
        operation_id="openai_batches",
        summary="The batches of requests that you may see, the newest first, as OpenAI's clients list them",
        parameters=[OpenApiParameter("after", str), OpenApiParameter("limit", int)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        asked = validate(ListQuery, request.query_params.dict())
        assert isinstance(asked, ListQuery)
        found, more = lookup.page(user_of(request), after=asked.after, limit=asked.limit)
        return Response(list_of([batch_object(batch) for batch in found], more))

    @extend_schema(
        operation_id="openai_batch_create",
        summary="Have all requests of a file answered, as OpenAI's clients ask for it",
        request=BatchRequest,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        key = key_of(request)
        if not isinstance(request.data, dict):
            raise AppError("bad_request", "The body must be a JSON object.")
        return Response(execute(_CREATE, user_of(request), request.data, key=key, scopes=None))


class OneBatch(OpenAIView):
    @extend_schema(operation_id="openai_batch", summary="One batch of requests", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, batch_id: str) -> Response:
        return Response(batch_object(lookup.get(user_of(request), parse_batch_id(batch_id))))


class BatchCancel(OpenAIView):
    @extend_schema(
        operation_id="openai_batch_cancel",
        summary="Cancel a batch of requests; what was answered is kept",
        request=None,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request, batch_id: str) -> Response:
        user, ident = user_of(request), parse_batch_id(batch_id)
        lookup.get(user, ident)
        jobs.cancel(user, ident)
        return Response(batch_object(lookup.get(user, ident)))


def _create(user: User, data: BatchRequest) -> dict[str, Any]:
    return batch_object(beginning.create(user, data.input_file_id, data.metadata or {}))


_CREATE: Final = Command("openai.batch.create", BatchRequest, _create, "POST", "", "prompts")
