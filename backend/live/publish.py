"""Publishing events, in two strengths.

`publish` is durable: for changes of state, inside the transaction that makes the change. `publish_now` is volatile:
for progress, partial text and tokens, appended at once. Every event is absolute or carries its offset, so that
applying one twice changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from backend.live import log, outbox
from backend.live.announce import announce
from backend.live.log import Draft, Entry, Fence

_encoder = DjangoJSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def publish(
    topic: str, event: str, data: Mapping[str, Any], *, fence: Fence | None = None, restart: bool = False
) -> None:
    """Publish with the current transaction: sent on commit, by the sweeper after a crash, never when rolled back.

    With `restart` whoever follows the topic takes a new snapshot: for a change too large to be told by events.
    """
    outbox.add_event(topic, event, data, fence=fence, restart=restart)


def publish_now(
    topic: str, event: str, data: Mapping[str, Any], *, fence: Fence | None = None, replaces: str = ""
) -> Entry | None:
    """Append and announce at once. None when an older attempt was refused by its fence."""
    entry = log.append(draft(topic, event, data, fence=fence, replaces=replaces))
    if entry is not None:
        announce([entry])
    return entry


def publish_many_now(drafts: list[Draft]) -> list[Entry | None]:
    """Append and announce several volatile events in one round trip."""
    entries = log.append_many(drafts) if drafts else []
    announce([entry for entry in entries if entry is not None])
    return entries


def draft(topic: str, event: str, data: Mapping[str, Any], *, fence: Fence | None = None, replaces: str = "") -> Draft:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Draft(topic, event, _encoder.encode(data), at, fence=fence, replaces=replaces)
