"""Answers that tell an error as OpenAI's API does."""

from typing import Any

from django.http import JsonResponse
from rest_framework.response import Response

from backend.core.api import answer_problem, as_app_error
from backend.core.errors import AppError
from backend.live.openai.errors import describe, status_of


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler for these addresses; the headers are those of everywhere else."""
    response = answer_problem(error, context)
    known = as_app_error(error)
    if response is not None and known is not None:
        response.data = describe(known)
        response.status_code = status_of(known)
        response.content_type = "application/json"
        for name, value in _headers(known).items():
            response.headers[name] = value
    return response


def error_response(error: AppError) -> JsonResponse:
    """The same where no handler of DRF's is at work."""
    return JsonResponse(describe(error), status=status_of(error), headers=_headers(error))


def _headers(error: AppError) -> dict[str, str]:
    # OpenAI's clients would ask again where that changes nothing.
    hopeless = {} if error.kind.retryable else {"X-Should-Retry": "false"}
    wait = {"Retry-After": str(max(1, round(error.retry_after_s)))} if error.retry_after_s else {}
    return hopeless | wait
