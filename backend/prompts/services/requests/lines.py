"""A file of requests, line by line: what each asks for, or what is wrong with it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Final, Literal, NoReturn, TypedDict

from django.conf import settings
from pydantic import ConfigDict, Field

from backend.core.errors import AppError
from backend.core.text import NO_NUL
from backend.live.commands import Input, validate
from backend.live.openai.chat_requests import Asked, read_asked
from backend.live.openai.errors import describe

ENDPOINT: Final = "/v1/chat/completions"
MAX_LINE_BYTES: Final = 2 * 1024 * 1024
MAX_REQUESTS: Final = 50_000
BLOCK_BYTES: Final = 256 * 1024
_BOM: Final = b"\xef\xbb\xbf"


class Problem(TypedDict):
    """What is wrong with a line, as OpenAI's API tells it. `line` counts from 1; None: with the file."""

    code: str
    line: int | None
    message: str
    param: str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A line that can be answered, with its size in bytes."""

    custom_id: str
    asked: Asked
    size: int


class _Line(Input):
    model_config = ConfigDict(extra="ignore")

    custom_id: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
    method: Literal["POST"]
    url: Literal["/v1/chat/completions"]
    body: dict[str, Any]


def read(file: BinaryIO, models: Sequence[str]) -> Iterator[Asking | Problem]:
    """The requests of a file, at most one line of it in memory. Blank lines say nothing.

    `models` are those that may be asked for, the default first.
    """
    custom_ids: set[str] = set()
    most = min(MAX_REQUESTS, settings.CONFIG.max_cells_per_batch)
    for number, data in _lines(file):
        if data is None:
            yield _problem("too_large", f"A line may have {MAX_LINE_BYTES} bytes.", number)
        elif len(custom_ids) >= most:
            yield _problem("too_many_requests", f"A file may have {most:,} requests.", number)
            return
        else:
            try:
                custom_id, asked = _understood(data, models)
            except AppError as error:
                found = describe(error)["error"]
                yield _problem(found["code"], found["message"], number, found["param"])
                continue
            if custom_id in custom_ids:
                message = f"The custom_id {custom_id!r} stands in an earlier line."
                yield _problem("duplicate_custom_id", message, number, "custom_id")
                continue
            custom_ids.add(custom_id)
            yield Asking(custom_id, asked, len(data))
    if not custom_ids:
        yield _problem("empty_file", "There is no request in the file that can be read.", None)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, by their numbers; None for one that is too long."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            _skip(file)
            yield number, None
            continue
        content = (line.removeprefix(_BOM) if number == 1 else line).strip()
        if content:
            yield number, content


def _skip(file: BinaryIO) -> None:
    """Read on to the end of the line."""
    while (rest := file.readline(BLOCK_BYTES)) and not rest.endswith(b"\n"):
        pass


def _understood(data: bytes, models: Sequence[str]) -> tuple[str, Asked]:
    """Raises `AppError` whose `fields` name what is at fault."""
    line = _parsed(data)
    read = validate(_Line, line)
    assert isinstance(read, _Line)
    try:
        asked = read_asked(read.body, lambda: models)
    except AppError as error:
        fields = {f"body.{name}": messages for name, messages in error.fields.items()}
        raise AppError(error.code, error.message, fields=fields) from None
    if asked.stream:
        message = "Answers of a batch are not streamed."
        raise AppError("unsupported_option", message, fields={"body.stream": [message]})
    return read.custom_id, asked


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        # bytes would be taken for UTF-16 where they look like it
        line = json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise AppError("bad_request", "This line is not valid JSON in UTF-8.") from None
    if not isinstance(line, dict):
        raise AppError("bad_request", "This line is not a JSON object.")
    return line


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _problem(code: str, message: str, line: int | None, param: str | None = None) -> Problem:
    return {"code": code, "line": line, "message": message, "param": param}
