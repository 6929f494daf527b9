"""Stentor itself, started as `make run` starts it, for tests that use it from outside."""

import atexit
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
from functools import cache
from pathlib import Path
from typing import Self

import httpx
import psutil

from backend.core.stack.programs import pid_file
from tests.fixtures.upstream import Upstream

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 60.0
STOP_S = 40.0
RETURN_S = 40.0
USUAL = ("owner", "teammate", "stranger")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ask: Callable[[], object], what: str, seconds: float = RETURN_S) -> None:
    """Ask until the answer is true; fail with the words of `what`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ask():
            return
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


def chat_env(upstream: Upstream) -> dict[str, str]:
    """Has a model server answer the chats, and nothing but the chats."""
    return {"OPENAI_BASE_URL": upstream.url, "CHAT_TITLES": "false"}


@dataclass(frozen=True)
class Person:
    username: str
    password: str
    email: str


class Stack:
    """All processes of one Stentor with a `STENTOR_HOME` and a port of its own.

    `env` overrides environment variables, such as `WHISPER_MODEL`, `DATABASE_URL` or `REDIS_URL`. Of the worker
    `families` it has all, or those that are named and the one that sweeps. It does not look for models to download
    unless the file `models-asked` is taken away. Its
    database is there and has the usual three people, unless it is the `first` start or has a home or database of its
    own.
    """

    def __init__(
        self, *families: str, env: dict[str, str] | None = None, home: Path | None = None, first: bool = False
    ) -> None:
        self._families = ["--families", ",".join([*families, "default"])] if families else []
        self._people: dict[str, Person] = {}
        # A short path: it holds Redis' Unix socket.
        self._own_home = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="stentor-e2e-", dir="/tmp"))
        run = self.home / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        (run / "models-asked").touch()
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
        self.env = {**kept, "LOG_LEVEL": "INFO", **(env or {}), "STENTOR_HOME": str(self.home)}
        if not first and home is None and "DATABASE_URL" not in self.env:
            shutil.copy(_prepared_database(), self.home / "stentor.sqlite3")
            self._people = {name: _person(name) for name in USUAL}
        self.log_file = Path(tempfile.mkstemp(prefix="stentor-e2e-", suffix=".log", dir="/tmp")[1])
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        try:
            if self.process is not None:
                assert self.stop() == 0, "the stack did not end well after SIGTERM"
        finally:
            self.log_file.unlink(missing_ok=True)
            if self._own_home:
                shutil.rmtree(self.home, ignore_errors=True)

    def launch(self, command: list[str] | None = None) -> None:
        """Start without waiting."""
        whole = [sys.executable, "manage.py", "run_stack", "--port", str(self.port), *self._families]
        arguments = command or whole
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                arguments,
                cwd=REPOSITORY,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self) -> Self:
        """Start and return when it says that it is ready."""
        self.launch()
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        assert self.process is not None
        process = self.process
        try:
            wait_for(lambda: "\nReady: " in self.log() or process.poll() is not None, "the stack is ready", START_S)
            assert process.poll() is None, "the stack ended"
        except AssertionError as error:
            log = self.log()
            self.stop()
            raise AssertionError(f"{error}; it said:\n{log}") from None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop by a signal and return the exit code; fails when a process is left."""
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            code = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._kill_all(process)
            raise AssertionError(f"the stack did not stop in {STOP_S:.0f} s; it said:\n{self.log()}") from None
        left = self.processes()
        for one in left:
            one.kill()
        assert not left, f"processes are left: {left}"
        return code

    def _kill_all(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        for one in self.processes():
            one.kill()

    def log(self) -> str:
        """What the stack has printed so far."""
        return self.log_file.read_text(errors="replace")

    def processes(self) -> list[psutil.Process]:
        """Every process of this stack, found by its environment."""
        return [one for one in psutil.process_iter() if _home_of(one) == str(self.home)]

    def pid_of(self, name: str) -> int:
        """The process id of `web`, `redis`, `beat`, `supervisor` or a worker family such as `speech`."""
        return int(pid_file(self.home / "run", name).read_text())

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one process and return its id."""
        pid = self.pid_of(name)
        os.kill(pid, number)
        return pid

    def wait_restarted(self, name: str, old_pid: int) -> None:
        """Return when another process has taken the place of `old_pid`, and the stack is ready again."""
        wait_for(lambda: self.pid_of(name) != old_pid and psutil.pid_exists(self.pid_of(name)), f"{name} is back")
        wait_for(self.is_ready, f"the stack is ready after the return of {name}")

    def restart(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Make one process end and wait for its successor."""
        self.wait_restarted(name, self.kill(name, number))

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=3).status_code == 200
        except httpx.TransportError:
            return False

    def manage(self, *arguments: str) -> str:
        """Run a management command against this stack and return what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create_user(self, name: str) -> Person:
        """The person of that name, who is created where there is none."""
        if name not in self._people:
            person = self._people[name] = _person(name)
            self.manage("shell", "--verbosity", "0", "--command", _creating([person]))
        return self._people[name]

    def token(self, person: Person) -> str:
        """Sign in over REST and return the access token."""
        said = {"username": person.username, "password": person.password}
        answer = httpx.post(f"{self.url}/token/", json=said, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access"])


def _person(name: str) -> Person:
    return Person(name, f"{name}-password-1", f"{name}@example.org")


def _creating(people: list[Person]) -> str:
    """The code that creates them."""
    lines = ["from backend.accounts.models import User"]
    for one in people:
        cuid = one.username.upper()
        values = f"username={one.username!r}, email={one.email!r}, cuid={cuid!r}, password={one.password!r}"
        lines.append(f"User.objects.create_user({values})")
    return "\n".join(lines)


@cache
def _prepared_database() -> Path:
    """An SQLite file with all tables and the usual three people: to make it takes as long as to start a server."""
    home = Path(tempfile.mkdtemp(prefix="stentor-prepared-", dir="/tmp"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    migrate = "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    code = f"{migrate}\n{_creating([_person(name) for name in USUAL])}"
    env = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
    subprocess.run(command, cwd=REPOSITORY, env={**env, "STENTOR_HOME": str(home)}, check=True, timeout=120)
    return home / "stentor.sqlite3"


DEMO = Person("demo", "demo-stentor", "demo@stentor.localhost")


def _home_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("STENTOR_HOME") if process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
