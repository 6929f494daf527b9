"""Chat: who answers. One Protocol, one file per engine; an answer comes piece by piece and can be stopped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from backend.core.errors import AppError

Role = Literal["system", "user", "assistant"]
Reason = Literal["stop", "length", "content_filter", "stopped"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """An attached document."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the question with all that went before it, and of the answer; `estimated` where nobody counted them."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of an answer, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer. `stopped`: because the caller asked for it; `length`: a limit was reached."""

    reason: Reason
    usage: Usage


class UpstreamError(AppError):
    """The server that answers broke, refused or is busy.

    `before_first_token` says that nothing of the answer came yet, so that asking again repeats no text.
    """

    def __init__(
        self, code: str, message: str, *, before_first_token: bool, retry_after_s: float | None = None
    ) -> None:
        self.before_first_token = before_first_token
        super().__init__(code, message, retry_after_s=retry_after_s)


class ChatModel(Protocol):
    """Answers the last turn of a conversation."""

    name: str

    def models(self) -> tuple[str, ...]:
        """The models that a user may choose, the default first. Raises `UpstreamError`."""
        ...

    def answer(
        self,
        turns: Sequence[Turn],
        *,
        model: str,
        temperature: float | None,
        max_tokens: int | None,
        sources: Sequence[Source],
        should_stop: Callable[[], bool],
    ) -> Iterator[Delta | Finished]:
        """The answer in pieces, and `Finished` as the last item. `model` "" means the default.

        `should_stop` is asked at least every 200 ms, also while nothing arrives. Closing the iterator ends the
        request too. Raises `UpstreamError`, and `AppError("unsupported_option")` for a model that is not allowed.
        """
        ...
