"""Texts that one domain holds and another may read for a user, by a reference such as "transcript:<id>".

Domains do not know one another: each registers how its texts are read when its app is ready.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.accounts.models import User
from backend.core.errors import AppError


@dataclass(frozen=True, slots=True)
class Referenced:
    """What a reference leads to, as it is now."""

    title: str
    text: str


Read = Callable[[User, str], Referenced]
_kinds: dict[str, Read] = {}


def register(kind: str, read: Read) -> None:
    """`read(user, id)` raises `AppError("not_found")` for what the user may not read."""
    _kinds[kind] = read


def read(user: User, reference: str) -> Referenced:
    """What a user may read under a reference. Raises `AppError("not_found")`."""
    kind, _, ident = reference.partition(":")
    if kind not in _kinds:
        raise AppError("not_found", "There is nothing of this kind to refer to.")
    return _kinds[kind](user, ident)
