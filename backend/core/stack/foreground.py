"""The process that the user sees: it shows what the others say, passes on a request to stop, and sweeps up."""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Final

import psutil

from backend.core.stack.lineage import adopt_orphans
from backend.core.stack.programs import Program, supervisor_configuration, tied

SWEEP_S: Final = 4.0
LOOK_AGAIN_S: Final = 0.25
LABEL_WIDTH: Final = 10


class Foreground:
    """Runs the programs under supervisord until a signal, or until supervisord ends by itself.

    `run` is a directory for its files. A `lock` is held open as long as anything runs.
    """

    def __init__(self, run: Path, programs: list[Program], lock: IO[str] | None = None) -> None:
        self._directory = run
        self._programs = programs
        self._lock = lock
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._stop_requested = False
        self._failure = ""
        self._can_write = True

    def run(self, when_started: Callable[["Foreground"], None]) -> str:
        """Return when nothing is left running: "" after a requested stop, otherwise what went wrong.

        `when_started` is called in a thread of its own; it may `give_up`.
        """
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        outputs = self._start()
        threading.Thread(target=when_started, args=(self,), daemon=True).start()
        self._show(outputs)
        self._sweep()
        if not self._stop_requested:
            return "The supervisor ended unexpectedly; everything else was stopped."
        return self._failure

    @property
    def running(self) -> bool:
        return not self._stop_requested

    def give_up(self, why: str) -> None:
        self._failure = why
        self._request_stop()

    def say(self, text: str) -> None:
        """Print a line, as long as there is anybody who reads."""
        if not self._can_write:
            return
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError:  # the terminal is gone; SIGHUP is on its way
            self._can_write = False

    def _start(self) -> dict[int, str]:
        """Start supervisord with a pipe for each program's output; return the reading ends and their names."""
        pipes = {name: os.pipe() for name in ["supervisor", *(program.name for program in self._programs)]}
        writing = {name: ends[1] for name, ends in pipes.items()}
        configuration = self._directory / "supervisord.conf"
        configuration.write_text(supervisor_configuration(self._directory, self._programs, writing))
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(configuration)]
        inherited = [*writing.values(), *([self._lock.fileno()] if self._lock else [])]
        self._supervisor = subprocess.Popen(  # noqa: S603 (our own command line)
            tied(self._directory, "supervisor", command),
            stdin=subprocess.DEVNULL,
            stdout=writing["supervisor"],
            stderr=subprocess.STDOUT,
            # It inherits the lock, so that STENTOR_HOME is taken until the last of both is gone.
            pass_fds=inherited,
            # Ctrl-C reaches a terminal's whole process group; the order in which to stop is ours to give.
            start_new_session=True,
        )
        for end in writing.values():
            os.close(end)
        if self._stop_requested:
            self._supervisor.terminate()
        return {ends[0]: name for name, ends in pipes.items()}

    def _show(self, outputs: dict[int, str]) -> None:
        """Print each line with the name of who said it, until everybody is silent for good."""
        rest: dict[int, bytes] = dict.fromkeys(outputs, b"")
        with selectors.DefaultSelector() as selector:
            for end in outputs:
                selector.register(end, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(LOOK_AGAIN_S):
                    data = os.read(key.fd, 65_536)
                    if not data:
                        selector.unregister(key.fd)
                        os.close(key.fd)
                        continue
                    *lines, rest[key.fd] = (rest[key.fd] + data).replace(b"\r", b"\n").split(b"\n")
                    for line in filter(bytes.strip, lines):
                        self.say(f"{outputs[key.fd]:<{LABEL_WIDTH}} {line.decode(errors='replace')}")
                self._bury_orphans()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._stop_requested:
            self.say("Stopping at once.")
            for process in self._descendants():
                _signal(process, signal.SIGKILL)
            return
        self.say("\nStopping; once more stops without waiting for anything.")
        self._request_stop()

    def _request_stop(self) -> None:
        self._stop_requested = True
        if self._supervisor is not None:
            self._supervisor.terminate()

    def _descendants(self) -> list[psutil.Process]:
        return psutil.Process().children(recursive=True)

    def _bury_orphans(self) -> None:
        """Collect adopted processes that have ended; they would stay in the process table."""
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if self._supervisor is not None and ended.si_pid == self._supervisor.pid:
                return  # `Popen.wait` collects that one
            os.waitpid(ended.si_pid, 0)

    def _sweep(self) -> None:
        """End whoever is left: after a kill of supervisord or of a worker, processes may have lost their parent."""
        if self._supervisor is not None:
            self._supervisor.wait()
        for number in (signal.SIGTERM, signal.SIGKILL):
            left = self._descendants()
            for process in left:
                _signal(process, number)
            psutil.wait_procs(left, timeout=SWEEP_S)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def wait_until(true: Callable[[], bool], stack: Foreground, seconds: float) -> bool:
    """Ask until the answer is yes, the time is up or the stack is stopping."""
    deadline = time.monotonic() + seconds
    while stack.running and time.monotonic() < deadline:
        if true():
            return True
        time.sleep(LOOK_AGAIN_S)
    return False
