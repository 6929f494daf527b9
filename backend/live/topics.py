"""The registry of topics: who may read one, and what its state is.

A topic is `kind:id`. A domain registers each kind of topic when its app is ready.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.live.log import Position

_NAME: Final = re.compile(r"([a-z]+):([A-Za-z0-9_-]{1,64})")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a topic as JSON-compatible data.

    `position` says up to which event it is known to be complete; None when every event is stored before it is
    announced, so that a position read before the snapshot serves.
    """

    data: dict[str, Any]
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class TopicKind:
    """`authorize` and `snapshot` get the id behind the colon; both may use the database.

    `events` are the names of the events that are published on it. `scope` is what an API key must hold to read it,
    and covers all that a snapshot tells; `event_scopes` names the events for which it must hold another one besides.
    `private` kinds are for the server's own sockets.
    """

    name: str
    authorize: Callable[[User, str], bool]
    snapshot: Callable[[str], Snapshot]
    events: tuple[str, ...] = ()
    scope: str = ""
    private: bool = False
    event_scopes: Mapping[str, str] = field(default_factory=dict)


_kinds: dict[str, TopicKind] = {}


def register(kind: TopicKind) -> None:
    _kinds[kind.name] = kind


def announce_on(name: str, *events: str, scope: str) -> None:
    """Another domain publishes on a kind of topic that is registered already, for those who hold its `scope` too."""
    kind = _kinds[name]
    event_scopes = {**kind.event_scopes, **dict.fromkeys(events, scope)}
    _kinds[name] = replace(kind, events=(*kind.events, *events), event_scopes=event_scopes)


def kinds() -> list[TopicKind]:
    return list(_kinds.values())


def resolve(topic: str) -> tuple[TopicKind, str]:
    """Split a topic into its kind and id; raise `AppError("not_found")` for one that cannot exist."""
    match = _NAME.fullmatch(topic)
    kind = _kinds.get(match[1]) if match else None
    if match is None or kind is None:
        raise AppError("not_found", "There is no such topic.")
    return kind, match[2]


def authorize(user: User, topic: str, scopes: frozenset[str] | None = None) -> None:
    """Raise `AppError("not_found")` unless the user may read the topic: what is not yours does not exist for you.

    `scopes` are those of an API key; None means all.
    """
    kind, ident = resolve(topic)
    if scopes is not None and kind.scope and kind.scope not in scopes:
        raise AppError("forbidden", f"This key lacks the scope {kind.scope!r}.")
    if kind.private or not kind.authorize(user, ident):
        raise AppError("not_found", "There is no such topic, or it is not yours to read.")


def withheld(topic: str, scopes: frozenset[str] | None) -> frozenset[str]:
    """The events that whoever may read the topic with these scopes is not told of; None means all scopes."""
    kind, _ = resolve(topic)
    if scopes is None:
        return frozenset()
    return frozenset(event for event, scope in kind.event_scopes.items() if scope not in scopes)


def snapshot(topic: str) -> Snapshot:
    kind, ident = resolve(topic)
    return kind.snapshot(ident)
