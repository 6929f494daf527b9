"""Answers in the shapes of OpenAI's chat API. Pure functions."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

# What OpenAI has no name for has come to its end like any other.
_REASONS: Final = ("length", "content_filter")


@dataclass(frozen=True, slots=True)
class Head:
    """What every part of an answer repeats: its name, unique on this server, its time in seconds since 1970, the
    model.
    """

    ident: str
    created: int
    model: str


class Ended(Protocol):
    """How an answer ended, in the words of `backend.engines.chatting`, and the tokens where they are known."""

    @property
    def finish_reason(self) -> str: ...
    @property
    def prompt_tokens(self) -> int | None: ...
    @property
    def completion_tokens(self) -> int | None: ...


def completion(head: Head, text: str, ended: Ended) -> dict[str, Any]:
    """The whole answer."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(ended)}
    return {**_described(head, "chat.completion"), "choices": [choice], "usage": _usage(ended)}


def chunk(head: Head, delta: dict[str, str], ended: Ended | None = None) -> dict[str, Any]:
    """One part of an answer that streams."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": _reason(ended) if ended else None}
    return {**_described(head, "chat.completion.chunk"), "choices": [choice]}


def usage_chunk(head: Head, ended: Ended) -> dict[str, Any]:
    """The part behind the last one, for those who have asked for it."""
    return {**_described(head, "chat.completion.chunk"), "choices": [], "usage": _usage(ended)}


def _described(head: Head, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{head.ident}", "object": kind, "created": head.created, "model": head.model}


def _reason(ended: Ended) -> str:
    return ended.finish_reason if ended.finish_reason in _REASONS else "stop"


def _usage(ended: Ended) -> dict[str, int]:
    asked, answered = ended.prompt_tokens or 0, ended.completion_tokens or 0
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
