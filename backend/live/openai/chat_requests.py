"""What a client of OpenAI's chat API asks for, alone or among the many of a batch, in this server's words."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from backend.core.errors import AppError
from backend.core.text import NO_NUL
from backend.engines.chatting import Role, Turn
from backend.engines.choosing_chat import choose_chat_model
from backend.live.commands import Input, validate

MAX_MESSAGES: Final = 500
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
# What would be another answer where it is not heeded, with the values that ask for nothing.
_UNSUPPORTED: Final[dict[str, tuple[Any, ...]]] = {
    "tools": (), "tool_choice": ("none", "auto"), "functions": (), "function_call": ("none", "auto"), "n": (1,),
    "response_format": ({"type": "text"},), "logprobs": (), "top_logprobs": (), "stop": (), "logit_bias": (),
    "modalities": (["text"],), "audio": (), "web_search_options": (),
}  # fmt: skip


def _text_of(content: object) -> str:
    """The text of a message, whole or in parts."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(_is_text(part) for part in parts):
        raise PydanticCustomError("content", "Only text is read here: a string, or parts of the type text.")
    text = "".join(part["text"] for part in parts)
    if _UNSTORABLE.search(text):
        raise PydanticCustomError("content", "A message may not have NUL characters or halves of surrogate pairs.")
    return text


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


class SaidBefore(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_text_of, json_schema_input_type=str | list[dict[str, Any]])]


class StreamOptions(BaseModel):
    include_usage: bool | None = False


class CompletionRequest(Input):
    """The fields that are heeded; others change nothing or are refused."""

    model_config = ConfigDict(extra="ignore")

    messages: list[SaidBefore] = Field(min_length=1, max_length=MAX_MESSAGES)
    model: str | None = Field(default="", max_length=100, pattern=NO_NUL)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    stream: bool | None = False
    stream_options: StreamOptions | None = None

    @field_validator("messages")
    @classmethod
    def _ends_with_a_question(cls, messages: list[SaidBefore]) -> list[SaidBefore]:
        if messages[-1].role != "user" or not messages[-1].content.strip():
            raise PydanticCustomError("messages", "The last message must be one of the user, with words in it.")
        return messages


@dataclass(frozen=True, slots=True)
class Asked:
    """A `question` behind what was `said` before, and how the answer should come. `model` is the name of one that is
    offered here; `system_prompt` holds the instructions, wherever they stood.
    """

    said: list[Turn]
    question: str
    system_prompt: str
    model: str
    temperature: float | None
    max_tokens: int | None
    stream: bool
    include_usage: bool

    @property
    def turns(self) -> list[Turn]:
        """All of it in the order in which a model reads it."""
        instructions = [Turn("system", self.system_prompt)] if self.system_prompt else []
        return [*instructions, *self.said, Turn("user", self.question)]


def offered() -> Sequence[str]:
    """The models that may be asked for, the default first. Raises `UpstreamError`."""
    return choose_chat_model().engine.models()


def read_asked(data: Any, models: Callable[[], Sequence[str]] = offered) -> Asked:
    """Raises `AppError` whose `fields` name what is at fault, also for a model that is not among `models`, and
    whatever that raises; it is called last.
    """
    if not isinstance(data, dict):
        raise AppError("bad_request", "The body must be a JSON object.")
    _refuse_unsupported(data)
    read = validate(CompletionRequest, data)
    assert isinstance(read, CompletionRequest)
    *before, last = read.messages
    instructions = [one.content for one in before if one.role in ("system", "developer")]
    roles: dict[str, Role] = {"user": "user", "assistant": "assistant"}
    return Asked(
        said=[Turn(roles[one.role], one.content) for one in before if one.role in roles],
        question=last.content,
        system_prompt="\n\n".join(instructions),
        model=_usable(read.model or "", models()),
        temperature=read.temperature,
        max_tokens=read.max_completion_tokens or read.max_tokens,
        stream=bool(read.stream),
        include_usage=bool(read.stream_options and read.stream_options.include_usage),
    )


def _usable(name: str, models: Sequence[str]) -> str:
    if not name and models:
        return models[0]
    if name not in models:
        message = f"There is no model {name!r} here. There are: {', '.join(models)}."
        raise AppError("not_found", message, fields={"model": [message]})
    return name


def _refuse_unsupported(data: dict[str, Any]) -> None:
    for name, harmless in _UNSUPPORTED.items():
        value = data.get(name)
        if value and value not in harmless:
            message = f"This server does not support {name!r} other than by its default."
            raise AppError("unsupported_option", message, fields={name: [message]})
