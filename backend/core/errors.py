"""Every error that a client can meet, as one table: code, HTTP status, whether trying again can help."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class ErrorKind:
    code: str
    status: int
    title: str
    retryable: bool = False


_TABLE: Final = (
    ErrorKind("bad_request", 400, "The request cannot be understood"),
    ErrorKind("invalid", 400, "A value is not valid"),
    ErrorKind("unknown_type", 400, "No such frame type or command"),
    ErrorKind("unauthenticated", 401, "Sign in first"),
    ErrorKind("token_expired", 401, "The token has expired"),
    ErrorKind("forbidden", 403, "Not allowed"),
    ErrorKind("not_found", 404, "Nothing here, or not yours to see"),
    ErrorKind("method_not_allowed", 405, "This address does not answer that method"),
    ErrorKind("conflict", 409, "The state does not allow this now"),
    ErrorKind("not_finished", 409, "The job has not finished yet"),
    ErrorKind("too_large", 413, "Too large"),
    ErrorKind("unsupported_media", 415, "This kind of content is not supported"),
    ErrorKind("unreadable_audio", 422, "The file cannot be read as audio or video"),
    ErrorKind("empty_file", 422, "The file is empty"),
    ErrorKind("no_audio_track", 422, "The file has no audio track"),
    ErrorKind("protected_audio", 422, "The file is protected (DRM) and cannot be decoded"),
    ErrorKind("audio_too_long", 422, "The recording is longer than this server accepts"),
    ErrorKind("unreadable_document", 422, "The file cannot be read as a document"),
    ErrorKind("protected_document", 422, "The document is protected by a password"),
    ErrorKind("unknown_document", 422, "A document is not there"),
    ErrorKind("no_text", 422, "The document has no text"),
    ErrorKind("too_many_cells", 422, "The batch has more cells than this server takes"),
    ErrorKind("expired", 410, "The time for this is over"),
    ErrorKind("unsupported_option", 422, "The engine that answers here cannot do this"),
    ErrorKind("too_many_requests", 429, "Too many requests", retryable=True),
    ErrorKind("locked_out", 429, "Too many failed sign-ins; wait and try again", retryable=True),
    ErrorKind("out_of_order", 409, "A frame is missing before this one", retryable=True),
    ErrorKind("too_fast", 429, "Frames come faster than they are heard", retryable=True),
    ErrorKind("limit_reached", 429, "A limit of this server is reached", retryable=True),
    ErrorKind("internal", 500, "Something went wrong here", retryable=True),
    ErrorKind("engine_failed", 500, "The engine failed", retryable=True),
    ErrorKind("upstream_refused", 502, "The server that answers refused this"),
    ErrorKind("upstream_failed", 502, "The server that answers failed", retryable=True),
    ErrorKind("upstream_cut", 502, "The answer was cut off", retryable=True),
    ErrorKind("upstream_busy", 503, "The server that answers is busy", retryable=True),
    ErrorKind("worker_lost", 500, "The worker was lost too often", retryable=True),
    ErrorKind("server_full", 503, "All places are taken", retryable=True),
    ErrorKind("unavailable", 503, "A service that this needs does not answer", retryable=True),
)
KINDS: Final[dict[str, ErrorKind]] = {kind.code: kind for kind in _TABLE}


class AppError(Exception):
    """An error for the client. `code` is a key of `KINDS`; `message` says what happened in one sentence.

    `fields` maps names of inputs to messages, `retry_after_s` says when trying again makes sense.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        fields: dict[str, list[str]] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.kind = KINDS[code]
        self.message = message or self.kind.title
        self.fields = fields or {}
        self.retry_after_s = retry_after_s
        super().__init__(self.message)

    @property
    def code(self) -> str:
        return self.kind.code

    def as_problem(self) -> dict[str, Any]:
        """The error as an RFC 9457 problem document."""
        problem: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.message,
            "code": self.code,
            "retryable": self.kind.retryable,
        }
        if self.fields:
            problem["fields"] = self.fields
        if self.retry_after_s is not None:
            problem["retry_after_s"] = self.retry_after_s
        return problem
