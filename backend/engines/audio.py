"""Audio files: what is in them, and their sound as samples on disk.

A file comes from a stranger. It is opened as a stream without a name and with every protocol forbidden, so
that a playlist in it cannot make this server read other files or addresses.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import av
import numpy as np
from av import AudioResampler
from av.stream import Disposition
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE

# Encrypted tracks in MP4 files: FairPlay, Common Encryption, Audible.
_PROTECTED_TAGS: Final = frozenset({"drms", "drmi", "enca", "encv", "aavd"})
_MEDIA_TYPES: Final = {
    "wav": ("audio/wav", "audio/wav"),
    "mp3": ("audio/mpeg", "audio/mpeg"),
    "flac": ("audio/flac", "audio/flac"),
    "aac": ("audio/aac", "audio/aac"),
    "aiff": ("audio/aiff", "audio/aiff"),
    "ogg": ("audio/ogg", "video/ogg"),
    "mov": ("audio/mp4", "video/mp4"),
    "matroska": ("audio/webm", "video/webm"),
    "mpegts": ("video/mp2t", "video/mp2t"),
    "avi": ("video/x-msvideo", "video/x-msvideo"),
    "asf": ("audio/x-ms-wma", "video/x-ms-wmv"),
}
_BYTES_PER_SAMPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file claims to be. `duration_s` is None where it does not say."""

    duration_s: float | None
    codec: str
    media_type: str


def probe(path: Path, *, max_seconds: float) -> Probe:
    """Look into a file without decoding it.

    Raises `AppError`: `empty_file`, `unreadable_audio`, `no_audio_track`, `protected_audio` or
    `audio_too_long`.
    """
    with _opened(path) as container:
        stream = _audio_stream(container)
        duration = _duration(container, stream)
        if duration is not None and duration > max_seconds:
            raise _too_long(max_seconds)
        return Probe(duration, stream.codec_context.name, _media_type(container))


def decode(path: Path, target: Path, *, max_seconds: float, report: Callable[[float], None] = lambda _: None) -> float:
    """Write the sound of `path` to `target` as 16 kHz mono 16-bit samples; the seconds that it lasts.

    Bounded memory. A `target` that is there is complete and is kept as it is. `report` gets the share done,
    and may raise to stop. Raises what `probe` raises: the length is what was decoded, whatever the file says
    about itself.
    """
    if not target.exists():
        # A name of its own: an attempt that was given up for dead may still be writing another.
        unfinished = target.with_suffix(f".{token_hex(4)}.partial")
        try:
            _write(path, unfinished, max_seconds, report)
            unfinished.replace(target)
        except av.error.FFmpegError as error:
            raise AppError("unreadable_audio", "The sound in the file cannot be decoded.") from error
        finally:
            unfinished.unlink(missing_ok=True)
    report(1.0)
    return target.stat().st_size / _BYTES_PER_SAMPLE / SAMPLE_RATE


def _write(path: Path, target: Path, max_seconds: float, report: Callable[[float], None]) -> None:
    with _opened(path) as container, target.open("wb") as output:
        stream = _audio_stream(container)
        total = _duration(container, stream)
        limit = int(max_seconds * SAMPLE_RATE) * _BYTES_PER_SAMPLE
        written = 0
        for pcm, share in _pcm(container, stream, path.stat().st_size):
            written += output.write(pcm)
            if written > limit:
                raise _too_long(max_seconds)
            report(min(1.0, written / _BYTES_PER_SAMPLE / SAMPLE_RATE / total if total else share))
    if not written:
        raise AppError("unreadable_audio", "The file has an audio track, but no sound could be decoded from it.")


def encode_flac(path: Path, pieces: Iterable[NDArray[np.int16]]) -> int:
    """Write 16 kHz mono samples as a FLAC file, piece by piece; how many there were. No samples, no file."""
    written = 0
    with ExitStack() as closing:
        for piece in pieces:
            if not len(piece):
                continue
            if not written:
                output = closing.enter_context(av.open(str(path), "w", format="flac"))
                stream = output.add_stream("flac", rate=SAMPLE_RATE, layout="mono", format="s16")
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece[None]), format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, written
            written += len(piece)
            output.mux(stream.encode(frame))
        if written:
            output.mux(stream.encode(None))
    return written


def open_samples(path: Path) -> NDArray[np.int16]:
    """The samples that `decode` wrote, read from disk as they are used."""
    return np.memmap(path, dtype="<i2", mode="r")


def as_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return samples.astype(np.float32) / np.float32(32768.0)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if path.stat().st_size == 0:
        raise AppError("empty_file")
    with path.open("rb") as file:
        try:
            container = av.open(file, options={"protocol_whitelist": "none"}, metadata_errors="replace")
        except (av.error.FFmpegError, ValueError) as error:
            raise AppError("unreadable_audio") from error
        with container:
            yield container


def _audio_stream(container: Any) -> Any:
    tags = {stream.codec_context.codec_tag for stream in container.streams if stream.codec_context}
    if tags & _PROTECTED_TAGS:
        raise AppError("protected_audio")
    if not container.streams.audio:
        raise AppError("no_audio_track")
    stream = container.streams.best("audio") or container.streams.audio[0]
    if stream.codec_context is None:
        raise AppError("unreadable_audio", "The file's audio is in a format that cannot be decoded.")
    return stream


def _duration(container: Any, stream: Any) -> float | None:
    """What the file says; damaged files say zero, or less."""
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / 1_000_000
    return seconds if seconds > 0 else None


def _media_type(container: Any) -> str:
    # A cover picture is a video track to FFmpeg.
    moving = any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)
    family = container.format.name.split(",")[0]
    return _MEDIA_TYPES.get(family, ("application/octet-stream",) * 2)[moving]


def _pcm(container: Any, stream: Any, size: int) -> Iterator[tuple[bytes, float]]:
    """The samples piece by piece, with the share of the file's bytes that was read for them.

    Damaged packets are left out: a recording with a scratch is still worth reading.
    """
    resampler = Resampler()
    share = 0.0
    for packet in _packets(container, stream):
        share = max(share, (packet.pos or 0) / size)
        for frame in _frames(packet):
            yield from ((pcm, share) for pcm in resampler.take(frame))
    yield from ((pcm, 1.0) for pcm in resampler.take(None))


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    packets = container.demux(stream)
    try:
        yield from packets
    except av.error.FFmpegError:
        # The file breaks off: what came before it counts.
        return


def _frames(packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except av.error.FFmpegError:
        return []


class Resampler:
    """To 16 kHz mono. A stream may change its format on the way, which needs another converter."""

    def __init__(self) -> None:
        self._format: tuple[object, ...] = ()
        self._converter: Any = None

    def take(self, frame: Any | None) -> Iterator[bytes]:
        if frame is not None and self._format != (found := (frame.format.name, frame.layout.name, frame.sample_rate)):
            yield from self._rest()
            self._converter = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
            self._format = found
        if frame is None:
            yield from self._rest()
        else:
            frame.pts = None
            yield from map(_bytes, self._converter.resample(frame))

    def _rest(self) -> Iterator[bytes]:
        if self._converter is not None:
            yield from map(_bytes, self._converter.resample(None))
            self._converter = None
            self._format = ()


def _bytes(frame: Any) -> bytes:
    return bytes(frame.to_ndarray().astype("<i2").tobytes())


def _too_long(max_seconds: float) -> AppError:
    return AppError("audio_too_long", f"The recording is longer than {max_seconds / 3600:g} hours.")
