"""The names of batches and files in OpenAI's API. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from backend.core.errors import AppError

_BATCH: Final = re.compile(r"batch_([0-9a-f]{32})", re.ASCII)
_FILE: Final = re.compile(r"file(?:-(out|err))?-([0-9a-f]{32})", re.ASCII)


class FileKind(StrEnum):
    """Where a file comes from: from a client, or made of the answers or of the failures of a batch."""

    REQUESTS = ""
    ANSWERS = "out"
    FAILURES = "err"


@dataclass(frozen=True, slots=True)
class FileId:
    """`ident` is that of the `RequestFile`, or of the batch whose results the file holds."""

    kind: FileKind
    ident: UUID

    def __str__(self) -> str:
        return "-".join(filter(None, ("file", self.kind.value, self.ident.hex)))

    @classmethod
    def parse(cls, text: str, param: str = "file_id") -> Self:
        """Raises `AppError("not_found")` that blames `param` for what names no file."""
        found = _FILE.fullmatch(text)
        if found is None:
            raise no_file(param)
        return cls(FileKind(found[1] or ""), UUID(found[2]))


def batch_id(ident: UUID) -> str:
    return f"batch_{ident.hex}"


def parse_batch_id(text: str, param: str = "batch_id") -> UUID:
    """Raises `AppError("not_found")` that blames `param` for what names no batch."""
    found = _BATCH.fullmatch(text)
    if found is None:
        raise no_batch(param)
    return UUID(found[1])


def no_file(param: str = "file_id") -> AppError:
    return AppError("not_found", "There is no such file, or it is not yours to see.", fields={param: []})


def no_batch(param: str = "batch_id") -> AppError:
    return AppError("not_found", "There is no such batch, or it is not yours to see.", fields={param: []})
