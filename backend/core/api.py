"""What every REST endpoint shares: problem documents for errors, and pages."""

from io import BytesIO
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from backend.core.errors import AppError

MAX_JSON_BYTES: Final = 2 * 1024 * 1024

log = structlog.get_logger(__name__)

_CODE_OF: Final[dict[type[Exception], str]] = {
    Http404: "not_found",
    PermissionDenied: "forbidden",
    exceptions.ParseError: "bad_request",
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.AuthenticationFailed: "unauthenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "unsupported_media",
    exceptions.UnsupportedMediaType: "unsupported_media",
    exceptions.Throttled: "too_many_requests",
    TooManyFieldsSent: "invalid",
    TooManyFilesSent: "invalid",
    RequestDataTooBig: "too_large",
}
# What Django says of these is for the log: it names settings.
_MESSAGES: Final[dict[type[Exception], str]] = {
    TooManyFieldsSent: f"A form may have {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields.",
    TooManyFilesSent: f"Send at most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files at a time.",
    RequestDataTooBig: f"A form may have {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes beside its files.",
}


class BoundedJSONParser(BaseParser):
    """JSON bodies have a size limit, which a view may move by `max_json_bytes`; files come as multipart, with a limit
    of their own.
    """

    # Not a kind of JSONParser: for these DRF reads the body as Django does, which has one limit for all addresses.
    media_type = JSONParser.media_type

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = getattr((parser_context or {}).get("view"), "max_json_bytes", MAX_JSON_BYTES)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise AppError("too_large", f"A JSON body may have {limit} bytes here.")
        return JSONParser().parse(BytesIO(body), media_type, parser_context)


class AnyAccept(BaseContentNegotiation):
    """For what is not JSON: whatever a client accepts is as well; a problem comes as JSON where there is one."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        renderer: BaseRenderer = next(iter(renderers))
        return renderer, renderer.media_type


class Pages(PageNumberPagination):
    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"


def as_app_error(error: Exception) -> AppError | None:
    """The error as the client's table knows it; None for one that is nobody's fault but ours."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return AppError("invalid", "Some values are not valid.", fields=_fields(error.detail))
    for kind, code in _CODE_OF.items():
        if isinstance(error, kind):
            message = _MESSAGES.get(kind) or str(getattr(error, "detail", ""))
            return AppError(code, message, retry_after_s=getattr(error, "wait", None))
    return None


def problem_response(error: AppError) -> Response:
    headers = {"Retry-After": str(max(1, round(error.retry_after_s)))} if error.retry_after_s else None
    return Response(
        error.as_problem(), status=error.kind.status, headers=headers, content_type="application/problem+json"
    )


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every known error becomes a problem document (RFC 9457)."""
    known = as_app_error(error)
    if known is None:
        return None
    response = problem_response(known)
    challenge = getattr(error, "auth_header", None)
    if known.kind.status == 401:
        response["WWW-Authenticate"] = challenge or "Bearer"
    return response


def nothing_here(_request: HttpRequest) -> JsonResponse:
    """What an address of the API that does not exist answers."""
    return _problem_page(AppError("not_found", "There is no such address."))


def unexpected_error(_request: HttpRequest) -> JsonResponse:
    """Django's `handler500`: the log has the story, the client a document like any other error."""
    return _problem_page(AppError("internal"))


def _problem_page(error: AppError) -> JsonResponse:
    return JsonResponse(error.as_problem(), status=error.kind.status, content_type="application/problem+json")


def _fields(detail: Any) -> dict[str, list[str]]:
    if isinstance(detail, dict):
        return {str(name): [str(part) for part in _flat(value)] for name, value in detail.items()}
    return {"data": [str(part) for part in _flat(detail)]}


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for item in value.values() for part in _flat(item)]
    if isinstance(value, list | tuple):
        return [part for item in value for part in _flat(item)]
    return [value]
