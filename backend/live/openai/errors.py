"""Errors as OpenAI's API tells them, so that its clients raise the exceptions that their users know."""

from typing import Any, Final

from backend.core.errors import AppError

# What OpenAI's documents name otherwise; every other code is the one of this server's table.
_CODES: Final = {
    "unauthenticated": "invalid_api_key",
    "token_expired": "invalid_api_key",
    "limit_reached": "rate_limit_exceeded",
    "too_many_requests": "rate_limit_exceeded",
    "upstream_busy": "rate_limit_exceeded",
}
_TYPES: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
# OpenAI's clients know what is wrong with a request as "bad request" only, and wait where there are too many.
_STATUSES: Final = {"upstream_busy": 429, "unsupported_media": 400}
_PARAMETERS: Final = {"hotwords": "prompt"}


def envelope(status: int, message: str, *, code: str, param: str | None = None) -> dict[str, Any]:
    """The body of an error answer, or the event of one in a stream."""
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "code": code, "param": param}}


def status_of(error: AppError) -> int:
    return _STATUSES.get(error.code, 400 if error.kind.status == 422 else error.kind.status)


def describe(error: AppError) -> dict[str, Any]:
    param = next((_PARAMETERS.get(name, name) for name in error.fields), None)
    message = error.message
    if error.code == "invalid" and param:
        message = f"{param}: {' '.join(next(iter(error.fields.values())))}"
    return envelope(status_of(error), message, code=_CODES.get(error.code, error.code), param=param)
