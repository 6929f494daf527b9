"""Sound that arrives piece by piece, as 16 kHz mono samples: raw PCM at any rate, or an encoded stream.

The same bytes give the same samples, however they are cut into pieces. They come from a stranger: an encoded stream
is opened with a fixed format, without a name and with every protocol forbidden.
"""

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

import av
import numpy as np
from av import AudioResampler
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE
from backend.engines.audio import Resampler

ENCODINGS: Final = ("pcm16", "webm", "ogg")
LOWEST_RATE: Final = 8_000
HIGHEST_RATE: Final = 96_000
# What FFmpeg's demuxers call the containers.
_FORMATS: Final = {"webm": "matroska", "ogg": "ogg"}
# Without these FFmpeg collects seconds of sound before it gives out the first.
_AT_ONCE: Final = {"protocol_whitelist": "none", "probesize": "2048", "analyzeduration": "0", "fflags": "nobuffer"}
_DECODE_TIMEOUT_S: Final = 20.0

Samples = NDArray[np.int16]


class Decoder(Protocol):
    def feed(self, data: bytes) -> Samples:
        """The samples that these bytes complete; raises `AppError("unreadable_audio")`."""
        ...

    def close(self) -> Samples:
        """End the stream: what was still held back."""
        ...


def decoder_for(encoding: str, sample_rate: int) -> Decoder:
    """`encoding` is one of `ENCODINGS`; `sample_rate` is that of raw PCM, an encoded stream says its own."""
    if encoding == "pcm16":
        return _Pcm() if sample_rate == SAMPLE_RATE else _ResampledPcm(sample_rate)
    return _Encoded(_FORMATS[encoding])


class _Pcm:
    """Samples as they are; a piece may end in the middle of one."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Samples:
        data = self._rest + data
        whole = len(data) - len(data) % 2
        self._rest = data[whole:]
        return np.frombuffer(data[:whole], "<i2")

    def close(self) -> Samples:
        return _NOTHING


class _ResampledPcm:
    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._pcm = _Pcm()
        self._converter = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)

    def feed(self, data: bytes) -> Samples:
        samples = self._pcm.feed(data)
        if not len(samples):
            return _NOTHING
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="s16", layout="mono")
        frame.sample_rate = self._rate
        return _joined([_samples(piece) for piece in self._converter.resample(frame)])

    def close(self) -> Samples:
        return _joined([_samples(piece) for piece in self._converter.resample(None)])


class _Encoded:
    """A container read by FFmpeg in a thread, which waits in `read` for more while nothing has arrived.

    `feed` returns when all that was given is read, so that its answer does not depend on the machine's speed. A
    recorder that was started again begins with a new header; it gets a new reader.
    """

    def __init__(self, container: str) -> None:
        self._container = container
        self._reader: _Reader | None = None

    def feed(self, data: bytes) -> Samples:
        before = _NOTHING
        if self._reader is None or _is_header(data):
            before = self.close()
            self._reader = _Reader(self._container)
        return _joined([before, self._reader.feed(data)])

    def close(self) -> Samples:
        reader, self._reader = self._reader, None
        return reader.close() if reader else _NOTHING


class _Reader:
    def __init__(self, container: str) -> None:
        self._container = container
        self._changed = threading.Condition()
        self._input = bytearray()
        self._output: list[Samples] = []
        self._hungry = self._ended = self._closing = False
        self._error: AppError | None = None
        threading.Thread(target=self._decode, name="arriving-sound", daemon=True).start()

    def feed(self, data: bytes) -> Samples:
        with self._changed:
            self._input += data
            self._hungry = False
            self._changed.notify_all()
        return self._take(lambda: self._hungry or self._ended)

    def close(self) -> Samples:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        return self._take(lambda: self._ended)

    def read(self, size: int) -> bytes:
        """What FFmpeg calls; an empty answer is the end."""
        with self._changed:
            while not self._input and not self._closing:
                self._hungry = True
                self._changed.notify_all()
                self._changed.wait()
            taken = bytes(self._input[:size])
            del self._input[:size]
            return taken

    def _take(self, ready: Callable[[], bool]) -> Samples:
        with self._changed:
            if not self._changed.wait_for(ready, _DECODE_TIMEOUT_S):
                raise AppError("unreadable_audio", "The sound takes too long to decode.")
            found, self._output = self._output, []
            if self._error is not None and not found:
                raise self._error
            return _joined(found)

    def _decode(self) -> None:
        resampler = Resampler()
        try:
            with av.open(self, "r", format=self._container, options=_AT_ONCE) as source:
                for frame in source.decode(audio=0):
                    self._give([np.frombuffer(pcm, "<i2") for pcm in resampler.take(frame)])
        except (av.error.FFmpegError, ValueError, IndexError):
            self._error = AppError("unreadable_audio", "The sound that arrives cannot be decoded.")
        finally:
            self._give([np.frombuffer(pcm, "<i2") for pcm in resampler.take(None)])
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _give(self, pieces: list[Any]) -> None:
        with self._changed:
            self._output += pieces


def _is_header(data: bytes) -> bool:
    """Whether a stream begins here: EBML's magic number, or an Ogg page marked as the first of its stream."""
    return data[:4] == b"\x1aE\xdf\xa3" or (data[:4] == b"OggS" and len(data) > 5 and bool(data[5] & 2))


def _samples(frame: Any) -> Samples:
    return np.frombuffer(frame.to_ndarray().astype("<i2").tobytes(), "<i2")


def _joined(pieces: list[Samples]) -> Samples:
    return np.concatenate(pieces) if pieces else _NOTHING


_NOTHING: Final[Samples] = np.zeros(0, np.int16)
