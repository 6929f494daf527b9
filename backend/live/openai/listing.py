"""The models that domains offer to clients of OpenAI's API.

Domains do not know one another: each registers the models of its own when its app is ready.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """`created` in seconds since 1970; 0 where nobody knows."""

    name: str
    created: int = 0


_sources: dict[str, Callable[[], Sequence[Model]]] = {}


def register(scope: str, models: Callable[[], Sequence[Model]]) -> None:
    """Have the list show the models that whoever holds the scope may use."""
    _sources[scope] = models


def sources() -> dict[str, Callable[[], Sequence[Model]]]:
    """What lists the models, by the scope that whoever may use them holds."""
    return _sources
