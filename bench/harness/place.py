"""A Stentor of a benchmark's own: a temporary home with the embedded Redis, servers on free ports, helper processes.

On a machine with several cores the servers have the first one for themselves, and everything that measures them
runs on the others.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import psutil
import redis

from backend.core.stack import redis_server

REPOSITORY: Final = Path(__file__).resolve().parents[2]
START_S: Final = 60.0
STOP_S: Final = 15.0
HOST: Final = "127.0.0.1"
SERVERS: Final = ("daphne", "uvicorn")
CORES: Final = sorted(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{HOST}:{self.port}/ws/"

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def memory_mb(self) -> float:
        return float(psutil.Process(self.pid).memory_info().rss / 1024**2)


@dataclass(frozen=True)
class People:
    """Access tokens, and the ids of jobs that everybody may watch."""

    tokens: list[str]
    jobs: list[str]


class Place:
    """`with Place() as place:` has Redis and a migrated database. `settings` are environment variables.

    Where it is not `pinned`, processes run on any core.
    """

    def __init__(self, *, pinned: bool = True, **settings: str) -> None:
        self._pinned = pinned
        # A short path: it holds Redis' Unix socket.
        self.home = Path(tempfile.mkdtemp(prefix="stentor-bench-", dir="/tmp"))
        kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
        own = {
            "STENTOR_HOME": str(self.home),
            "STENTOR_ENV": "dev",
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }
        self.env = {**kept, **own, **settings}
        self.redis_url = f"unix://{self.home / 'redis' / 'redis.sock'}"
        self._running: list[tuple[str, subprocess.Popen[Any]]] = []

    def __enter__(self) -> Self:
        try:
            if self._pinned and len(CORES) > 1:
                os.sched_setaffinity(0, CORES[1:])
            configuration = redis_server.configure(self.home)
            self.start("redis", [str(redis_server.executable()), str(configuration)])
            wait_for(self._redis_answers, "Redis answers")
            self.run("manage.py", "migrate", "--verbosity", "0")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception):
            self.show_logs()
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _, process in reversed(self._running):
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.sched_setaffinity(0, CORES)
        shutil.rmtree(self.home, ignore_errors=True)

    def serve(self, name: str) -> Server:
        """Stentor itself on `daphne` (its own launcher) or on `uvicorn`."""
        port = free_port()
        if name == "daphne":
            command = ["-m", "backend.server", "--port", str(port)]
        else:
            command = uvicorn("backend.asgi:application", port)
        return self.serve_with(name, command, port)

    def serve_with(self, name: str, command: list[str], port: int) -> Server:
        """Any server in Python, on the core that belongs to servers; returns when its port answers."""
        process = self.start(name, [sys.executable, *command], cores=CORES[:1] if self._pinned else CORES)
        wait_for(lambda: _listens(port) or process.poll() is not None, f"{name} listens")
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended; it said:\n{self.log(name)}")
        return Server(name, port, process.pid)

    def people(self, count: int, *, jobs: int) -> People:
        return People(**json.loads(self.run("-m", "bench.harness.people", str(count), str(jobs))))

    def start(self, name: str, command: list[str], *, cores: list[int] | None = None, **how: Any) -> Any:
        """A process that lives as long as this place, with its output in a log file."""
        with self._log_file(name).open("ab") as log, _on(cores):
            pipes: dict[str, Any] = {"stdout": log, "stderr": log, **how}
            process = subprocess.Popen(command, cwd=REPOSITORY, env=self.env, **pipes)
        self._running.append((name, process))
        return process

    def helper(self, module: str, *arguments: str) -> "subprocess.Popen[str]":
        """A module of the harness as a process that is talked to by lines."""
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        command = [sys.executable, "-m", f"bench.harness.{module}", *arguments]
        process: subprocess.Popen[str] = self.start(module, command, **pipes)
        return process

    def run(self, *arguments: str) -> str:
        """Run Python to its end and return what it prints."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY, env=self.env, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{arguments} failed:\n{done.stderr}")
        return done.stdout

    def log(self, name: str) -> str:
        return self._log_file(name).read_text(errors="replace")[-4000:]

    def show_logs(self) -> None:
        """On stderr: the end of what each process has said."""
        for name in dict.fromkeys(name for name, _ in self._running):
            if text := self.log(name).strip():
                print(f"--- {name} said:\n{text}", file=sys.stderr)

    def _log_file(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _redis_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.redis_url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class _on:  # noqa: N801 (reads as a statement)
    """Processes started inside run on these cores."""

    def __init__(self, cores: list[int] | None) -> None:
        self._cores = cores

    def __enter__(self) -> None:
        self._before = os.sched_getaffinity(0)
        if self._cores:
            os.sched_setaffinity(0, self._cores)

    def __exit__(self, *_: object) -> None:
        os.sched_setaffinity(0, self._before)


def uvicorn(application: str, port: int) -> list[str]:
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--lifespan", "off"]
    return ["-m", "uvicorn", application, "--port", str(port), *options, "--no-access-log", "--log-level", "warning"]


def cpu_seconds(pid: int) -> float:
    """What a process and those that it has started have used so far."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for(ask: Callable[[], object], what: str, seconds: float = START_S) -> None:
    """Ask until the answer is true; `TimeoutError` with the words of `what`."""
    deadline = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
