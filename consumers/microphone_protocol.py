"""The frames of `/ws/transcribe/`: audio in, text out.

Audio comes as binary frames: a number (32 bits, little-endian, from 0 over the whole recording) and then sound.
"""

from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field

from backend.core.text import MAX_TITLE, NO_NUL
from backend.engines.arriving import HIGHEST_RATE, LOWEST_RATE
from backend.speech.services.uploads import MAX_HOTWORDS, MAX_SPEAKERS
from consumers.protocol import (
    Auth,
    ClientFrame,
    Disconnect,
    Error,
    Frame,
    FrameId,
    FrameTable,
    Ping,
    Pong,
    ServerPing,
    Welcome,
)

NUMBER_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 64 * 1024
# Frames that may be on their way without an acknowledgement: a minute of frames of 100 ms.
WINDOW: Final = 600
IDLE_S: Final = 60


class Start(ClientFrame):
    """Begins a recording; with `session` goes on with one, also from another page or after a cut.

    `after` is the id of the last `final` that the client has: later ones are sent again.
    """

    type: Literal["start"]
    session: UUID | None = None
    after: int = Field(default=0, ge=0)
    title: str = Field(default="", max_length=MAX_TITLE, pattern=NO_NUL)
    language: str = Field(default="", max_length=8, pattern=r"^[a-z-]*$", description="A code; empty: find out")
    task: Literal["transcribe", "translate"] = "transcribe"
    hotwords: str = Field(default="", max_length=MAX_HOTWORDS, pattern=NO_NUL)
    words: bool = Field(default=True, description="Whether `partial` and `final` carry words with their times")
    partials: bool = Field(default=True, description="Whether `partial` is sent at all")
    encoding: Literal["pcm16", "webm", "ogg"] = Field(
        default="pcm16", description="16-bit little-endian mono samples, or a container with Opus or the like"
    )
    sample_rate: int = Field(default=16_000, ge=LOWEST_RATE, le=HIGHEST_RATE, description="Of pcm16")


class Finalize(ClientFrame):
    """Asks to settle what was said so far, now."""

    type: Literal["finalize"]


class Pause(ClientFrame):
    """Settles what was said; nothing comes until the next audio frame. Send `keepalive` meanwhile."""

    type: Literal["pause"]


class Keepalive(ClientFrame):
    type: Literal["keepalive"]


class Stop(ClientFrame):
    """Ends the recording. With `second_pass` it is transcribed again as a whole, with `diarize` speakers are found."""

    type: Literal["stop"]
    second_pass: bool = False
    model: str = Field(default="", max_length=100)
    diarize: bool = False
    speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)
    min_speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)
    max_speakers: int = Field(default=0, ge=0, le=MAX_SPEAKERS)


MICROPHONE_FRAMES: Final = FrameTable(
    {
        "auth": Auth,
        "start": Start,
        "finalize": Finalize,
        "pause": Pause,
        "keepalive": Keepalive,
        "stop": Stop,
        "ping": Ping,
    }
)

# --- from the server


class Engine(Frame):
    name: str
    model: str
    reason: str


class RecordingLimits(Frame):
    frame_bytes: int = MAX_FRAME_BYTES
    window: int = Field(default=WINDOW, description="Frames that may be sent beyond the last acknowledged one")
    idle_s: int = Field(default=IDLE_S, description="A socket that sends nothing for so long is closed")
    session_s: float


class Ready(Frame):
    """Answers `start`: send frames from `next_seq` on. `session` is the id of the transcript too."""

    type: Literal["ready"] = "ready"
    id: FrameId | None = None
    session: UUID
    transcript: UUID
    engine: Engine
    limits: RecordingLimits
    next_seq: int


class Speech(Frame):
    type: Literal["speech"] = "speech"
    state: Literal["started", "ended"]
    at: float


class PartialText(Frame):
    """What was said since the last `final`. Words that are `settled` do not change any more."""

    type: Literal["partial"] = "partial"
    rev: int
    start: float | None
    end: float | None
    text: str
    words: list[dict[str, Any]] | None = None


class FinalText(Frame):
    """A finished piece of text; ids count 1, 2, 3 …"""

    type: Literal["final"] = "final"
    id: int
    start: float
    end: float
    text: str
    confidence: float
    words: list[dict[str, Any]] | None = None


class Stored(Frame):
    """Everything up to and including this frame is safe; -1: none is."""

    type: Literal["ack"] = "ack"
    seq: int


class Lag(Frame):
    """Up to where sound has arrived, and up to where it has been heard, in seconds from the start."""

    type: Literal["lag"] = "lag"
    received_s: float
    processed_s: float


class Warn(Frame):
    """`pause`: the server is behind, send no more for now; `resume`: go on."""

    type: Literal["warning"] = "warning"
    code: Literal["pause", "resume"]
    message: str


class FrameRefused(Error):
    """`out_of_order` or `too_fast`: the frame was not taken; send again from `next_seq`."""

    next_seq: int | None = None


class Summary(Frame):
    duration_s: float | None
    segments: int
    words: int


class Closed(Frame):
    """The recording has ended and is stored; the server closes."""

    type: Literal["closed"] = "closed"
    summary: Summary
    transcript: UUID


SERVER_FRAMES: Final[tuple[type[Frame], ...]] = (
    Welcome, Ready, Speech, PartialText, FinalText, Stored, Lag, Warn, FrameRefused, Closed, Pong, ServerPing,
    Disconnect,
)  # fmt: skip
