"""The garbage collector steps aside while a process loads its libraries."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """For the code that imports most of what a process needs.

    What is loaded stays until the end, so looking through it for garbage is in vain: while it grows, at every full
    collection later, and once more at the exit. It also stays shared with the processes that are forked from this one.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
