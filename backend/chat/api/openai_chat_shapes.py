"""Answers in the shapes of OpenAI's chat API. Pure functions."""

from dataclasses import dataclass
from typing import Any, Final

from backend.chat.models import FinishReason
from backend.chat.services.following import Ended

_REASONS: Final = {FinishReason.LENGTH: "length", FinishReason.FILTER: "content_filter"}


@dataclass(frozen=True, slots=True)
class Head:
    """What every part of an answer repeats: the number of its message, its time in seconds since 1970, the model."""

    number: int
    created: int
    model: str


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
    return {"id": f"chatcmpl-{head.number}", "object": kind, "created": head.created, "model": head.model}


def _reason(ended: Ended) -> str:
    return _REASONS.get(FinishReason(ended.finish_reason), "stop")


def _usage(ended: Ended) -> dict[str, int]:
    asked, answered = ended.prompt_tokens or 0, ended.completion_tokens or 0
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
