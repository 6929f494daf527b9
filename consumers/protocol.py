"""Frames and close codes of sockets. The AsyncAPI document and the browser client's constants are made from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.core.errors import AppError

VERSION: Final = "stentor/0.1.0"
MAX_TEXT_BYTES: Final = 64 * 1024
AUTH_DEADLINE_S: Final = 5.0
HEARTBEAT_S: Final = 20
EXPIRY_WARNING_S: Final = 60
ACK_EVERY: Final = 64
ACK_WINDOW: Final = 512
QUEUE_FRAMES: Final = 256
QUEUE_BYTES: Final = 1024 * 1024
STUCK_AFTER_S: Final = 15.0

FrameId = int | str


class Close(IntEnum):
    """4000-4099: reconnect at once; 4100-4199: reconnect after a back-off; 4400-4499: do not reconnect."""

    SHUTDOWN = 4000
    SLOW = 4001
    TOO_MANY_FRAMES = 4101
    TOO_MANY_SOCKETS = 4102
    UNAVAILABLE = 4103
    FULL = 4104
    IDLE = 4105
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    REPLACED = 4409

    @property
    def reconnect(self) -> bool:
        return self < 4400


class Frame(BaseModel):
    model_config = ConfigDict(extra="forbid")

    def encode(self) -> str:
        return self.model_dump_json()


# --- from the client


class ClientFrame(Frame):
    id: FrameId | None = Field(default=None, description="Repeated in the answer")


class Auth(ClientFrame):
    """Signs in, within 5 s of the connection; later it renews the token in place."""

    type: Literal["auth"]
    token: str = Field(max_length=8192)


class Since(Frame):
    epoch: str = Field(max_length=64)
    seq: int = Field(ge=0)


class Subscribe(ClientFrame):
    """Asks for a topic; with `since`, for what came after that position."""

    type: Literal["subscribe"]
    topic: str = Field(max_length=100)
    since: Since | None = None


class Unsubscribe(ClientFrame):
    type: Literal["unsubscribe"]
    topic: str = Field(max_length=100)


class Ack(ClientFrame):
    """Says up to which event of a topic everything has arrived; now and then, at least every 512 events once begun."""

    type: Literal["ack"]
    topic: str = Field(max_length=100)
    seq: int = Field(ge=0)


class Ping(ClientFrame):
    type: Literal["ping"]


class CommandFrame(ClientFrame):
    """Runs a command, by its name as `type`. The same `key` gets the first answer again instead of a second effect."""

    type: str = Field(max_length=100, pattern=r"^[a-z_]+\.[a-z_]+$")
    data: dict[str, Any] = Field(default_factory=dict)
    key: str | None = Field(default=None, min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The frames that a socket takes, by their `type`, and whether any other name with a dot is a command."""

    types: Mapping[str, type[ClientFrame]]
    commands: bool = False


LIVE_FRAMES: Final = FrameTable(
    {"auth": Auth, "subscribe": Subscribe, "unsubscribe": Unsubscribe, "ack": Ack, "ping": Ping}, commands=True
)

# --- from the server


class UserOut(Frame):
    id: int
    username: str


class Limits(Frame):
    frame_bytes: int = MAX_TEXT_BYTES
    subscriptions: int
    ack_every: int = ACK_EVERY
    ack_window: int = ACK_WINDOW


class Welcome(Frame):
    type: Literal["welcome"] = "welcome"
    user: UserOut
    expires_in: float | None = Field(description="Seconds until a new `auth` is needed; null for a session cookie")
    heartbeat: int = Field(default=HEARTBEAT_S, description="Seconds between the server's pings")
    server: str = VERSION
    limits: Limits


class Subscribed(Frame):
    """Answers `subscribe`; without an `id` the server itself starts the topic afresh. The next event has `seq + 1`,
    plus its `skipped`.
    """

    type: Literal["subscribed"] = "subscribed"
    id: FrameId | None = None
    topic: str
    epoch: str
    seq: int
    recovered: bool = Field(description="True: events follow from `since`. False: replace your state by `snapshot`")
    snapshot: dict[str, Any] | None = None


class Event(Frame):
    """`seq` is the last one plus 1, plus `skipped`: states overwritten by a newer one while the reader was slow, and
    events that an API key is not told of because it lacks their scope.
    """

    type: Literal["event"] = "event"
    topic: str
    epoch: str
    seq: int
    event: str
    data: dict[str, Any]
    at: str
    skipped: int = 0


class Unsubscribed(Frame):
    """Answers `unsubscribe`; without an `id` the right to read was withdrawn."""

    type: Literal["unsubscribed"] = "unsubscribed"
    id: FrameId | None = None
    topic: str
    code: str | None = None
    message: str | None = None


class Reply(Frame):
    type: Literal["reply"] = "reply"
    id: FrameId | None = None
    data: dict[str, Any]


class Error(Frame):
    type: Literal["error"] = "error"
    id: FrameId | None = None
    code: str
    message: str
    retryable: bool
    fields: dict[str, list[str]] | None = None
    retry_after_s: float | None = None


class Pong(Frame):
    type: Literal["pong"] = "pong"
    id: FrameId | None = None


class ServerPing(Frame):
    type: Literal["ping"] = "ping"


class AuthExpiring(Frame):
    type: Literal["auth_expiring"] = "auth_expiring"
    in_s: float


class Disconnect(Frame):
    """The last frame before the server closes."""

    type: Literal["disconnect"] = "disconnect"
    code: int
    reason: str
    reconnect: bool
    after_ms: int = 0


SERVER_FRAMES: Final[tuple[type[Frame], ...]] = (
    Welcome, Subscribed, Event, Unsubscribed, Reply, Error, Pong, ServerPing, AuthExpiring, Disconnect,
)  # fmt: skip


class BadFrame(AppError):
    """A frame that cannot be understood; `frame_id` is its id where it could be read."""

    def __init__(
        self, code: str, message: str, frame_id: object = None, fields: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(code, message, fields=fields)
        readable = isinstance(frame_id, int | str) and not isinstance(frame_id, bool)
        self.frame_id: FrameId | None = frame_id if readable else None  # type: ignore[assignment]


def parse(text: str, table: FrameTable) -> ClientFrame:
    """A client's text as its frame; raises `BadFrame`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise BadFrame("too_large", f"A frame may have {MAX_TEXT_BYTES} bytes.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("bad_request", "The frame is not JSON.") from None
    if not isinstance(data, dict) or not isinstance(data.get("type"), str):
        raise BadFrame("bad_request", "The frame must be a JSON object with a `type`.")
    frame_id = data.get("id")
    kind = data["type"]
    model = table.types.get(kind, CommandFrame if table.commands and "." in kind else None)
    if model is None:
        raise BadFrame("unknown_type", f"There is no frame type {kind[:100]!r}.", frame_id)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for item in error.errors(include_url=False, include_input=False, include_context=False):
            fields.setdefault(".".join(map(str, item["loc"])), []).append(item["msg"])
        raise BadFrame("invalid", "The frame has missing, wrong or unknown fields.", frame_id, fields) from None


def error_frame(error: AppError, frame_id: FrameId | None) -> Error:
    return Error(
        id=frame_id,
        code=error.code,
        message=error.message,
        retryable=error.kind.retryable,
        fields=error.fields or None,
        retry_after_s=error.retry_after_s,
    )
