"""What the tests of listeners share."""

from collections.abc import Iterable, Iterator

import numpy as np

from backend.engines.listening import Final, Listener, Output, Partial, Resume
from tests.fixtures import media

PLAIN = {"language": "", "task": "transcribe", "hotwords": ""}


def sound_of(name: str) -> np.ndarray:
    return media.samples_of(media.RECORDINGS / name)


def frames(samples: np.ndarray, seconds: float) -> Iterator[np.ndarray]:
    size = max(1, int(seconds * media.RATE))
    return (samples[start : start + size] for start in range(0, len(samples), size))


def hear(listener: Listener, samples: np.ndarray, frame_s: float = 0.1) -> list[Output]:
    """All outputs for all of a recording."""
    outputs = [output for frame in frames(samples, frame_s) for output in listener.feed(frame)]
    return outputs + list(listener.finalize())


def hear_until(listener: Listener, samples: np.ndarray, count: int) -> tuple[list[Output], Resume]:
    """The first `count` outputs, and the listener's state right after the last of them."""
    outputs: list[Output] = []
    for frame in frames(samples, 0.1):
        for output in listener.feed(frame):
            outputs.append(output)
            if len(outputs) == count:
                return outputs, listener.resume
    return outputs, listener.resume


def text_of(outputs: Iterable[Output]) -> str:
    """The finished text."""
    return "".join(word.text for output in outputs if isinstance(output, Final) for word in output.words).strip()


def settled_texts(outputs: Iterable[Output]) -> Iterator[str]:
    """All settled text, as it is after each output."""
    done = ""
    for output in outputs:
        if isinstance(output, Final | Partial):
            yield done + "".join(word.text for word in output.words if word.settled)
        if isinstance(output, Final):
            done += "".join(word.text for word in output.words)
