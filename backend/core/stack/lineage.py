"""Ties between processes that only the kernel can keep. On systems other than Linux they do nothing."""

import ctypes
import os
import signal
import sys
from typing import Final

_SET_PDEATHSIG: Final = 1
_SET_CHILD_SUBREAPER: Final = 36


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when its parent ends, whatever ends it. Survives `exec`."""
    parent = os.getppid()
    _prctl(_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), number)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none is out of reach."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)
