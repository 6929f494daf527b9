"""Reading a document in a process of its own, with limits: a hostile file may take for ever, or all memory.

`read_apart` is called by whoever wants the text. This module is also the program of that process.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from backend.core.errors import AppError
from backend.core.stack.lineage import die_with_parent
from backend.engines.documents import Document, read_document

# Reading is computing: more at a time than this would only make each take longer, and the server slow.
AT_ONCE: Final = 2
LONGEST_S: Final = 60.0
CPU_S: Final = 45
MEMORY: Final = 1024 * 1024 * 1024
LOOK_S: Final = 0.2
ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = (sys.executable, "-m", "backend.engines.documents_apart")
# Nothing that the server knows is handed on to the process that reads what a stranger wrote.
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}

_places = threading.BoundedSemaphore(AT_ONCE)


def read_apart(path: Path, look: Callable[[], object], longest_s: float = LONGEST_S) -> Document:
    """The text in a file, read within `longest_s` seconds, 45 s of computing and 1 GB of memory. Of one process two
    threads read at a time; others wait.

    `look` is called several times a second while it waits or is read; where it raises, that ends. Raises `AppError`
    as `read_document` does, and `unreadable_document` for what goes beyond the limits.
    """
    with (
        _place(look),
        path.open("rb") as file,
        subprocess.Popen(  # noqa: S603 (a program of our own, with no arguments from outside)
            PROGRAM, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT
        ) as process,
    ):
        try:
            answer = _answer(process, look, time.monotonic() + longest_s)
        finally:
            process.kill()
    # One that was killed while it wrote has written half of it.
    return _document(answer if process.returncode == 0 else b"")


@contextmanager
def _place(look: Callable[[], object]) -> Iterator[None]:
    while not _places.acquire(timeout=LOOK_S):
        look()
    try:
        yield
    finally:
        _places.release()


def _answer(process: "subprocess.Popen[bytes]", look: Callable[[], object], deadline: float) -> bytes:
    while time.monotonic() < deadline:
        try:
            return process.communicate(timeout=LOOK_S)[0]
        except subprocess.TimeoutExpired:
            look()
    raise AppError("unreadable_document", "The document takes too long to read.")


def _document(answer: bytes) -> Document:
    if not answer:
        raise AppError("unreadable_document", "The document is too complex to read.")
    found = json.loads(answer)
    if "code" in found:
        raise AppError(found["code"], found["message"])
    return Document(**found)


def main() -> None:
    """Read the document at the standard input and write it, or what is wrong with it, as JSON to the output."""
    # Linux ends this process when the one that wants the text is killed.
    die_with_parent(signal.SIGKILL)
    for what, most in ((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    data = sys.stdin.buffer.read()
    try:
        found: dict[str, Any] = asdict(read_document(data))
    except AppError as error:
        found = {"code": error.code, "message": error.message}
    except MemoryError:
        return
    # Half of a pair of surrogates, as damaged files have them, cannot be stored.
    sys.stdout.buffer.write(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
