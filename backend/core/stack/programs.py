"""Which processes make up Stentor, and the supervisor's configuration for them."""

import argparse
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from backend.core.queues import WORKER_FAMILIES
from backend.core.stack import redis_server

# How many tasks a worker family works on at a time, 1 where nothing is said: one transcription uses all cores by
# itself, while every live recording has a process of its own. The others work in threads, which mostly wait: for the
# server that answers, for a batch's cells, or for the process that reads a file, of which more would only slow down.
AT_ONCE: Final = {
    "live": settings.CONFIG.live_sessions,
    "chat": settings.CONFIG.chat_answers,
    "documents": 2,
    "work": settings.CONFIG.prompt_jobs,
}
THREADED: Final = ("chat", "documents", "work")
DRAIN_S: Final = 5


@dataclass(frozen=True)
class Program:
    """One process. Processes of one `group` stop together; a group of lower `order` starts earlier and stops later.

    It is started again whenever it ends, unless it has to run `once` only.
    """

    name: str
    command: list[str]
    group: str
    order: int
    stop_s: int
    once: bool = False


def add_families(parser: argparse.ArgumentParser) -> None:
    """The option that says which worker families are to run."""
    known = ", ".join(WORKER_FAMILIES)
    parser.add_argument("--families", type=_families, default=list(WORKER_FAMILIES), help=f"a list from: {known}")


def _families(text: str) -> list[str]:
    named = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in named if name not in WORKER_FAMILIES]
    if unknown or not named:
        raise argparse.ArgumentTypeError(f"name some of {', '.join(WORKER_FAMILIES)}")
    return named


def web(host: str, port: int) -> Program:
    command = [sys.executable, "-m", "backend.server", "--host", host, "--port", str(port)]
    return Program("web", [*command, "--drain-s", str(DRAIN_S)], group="stentor", order=900, stop_s=DRAIN_S + 5)


def embedded_redis(home: Path) -> Program:
    command = [str(redis_server.executable()), str(redis_server.configure(home))]
    return Program("redis", command, group="redis", order=1, stop_s=10)


def worker(family: str) -> Program:
    queues = ",".join(WORKER_FAMILIES[family])
    pool = "threads" if family in THREADED else "prefork"
    options = ["--hostname", f"{family}@%h", "--queues", queues, "--concurrency", str(AT_ONCE.get(family, 1))]
    options += ["--pool", pool]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program(family, [*_celery(), "worker", *options, *quiet], group="stentor", order=500, stop_s=20)


def beat(run: Path) -> Program:
    """The scheduler, of which there must be one in all."""
    schedule = str(run / "beat-schedule")
    return Program(
        "beat", [*_celery(), "beat", "--schedule", schedule, "--pidfile", ""], group="stentor", order=400, stop_s=10
    )


def model_download() -> Program:
    """Fetches a Whisper model beside everything else: the start does not wait, and without a network it says so."""
    command = [sys.executable, "manage.py", "fetch_models"]
    return Program("models", command, group="stentor", order=950, stop_s=2, once=True)


def _celery() -> list[str]:
    # `--quiet` leaves out the banner that repeats what the supervisor has said already.
    return [sys.executable, "-m", "celery", "--quiet", "-A", "backend.celery"]


def pid_file(run: Path, name: str) -> Path:
    return run / f"{name}.pid"


def tied(run: Path, name: str, command: list[str]) -> list[str]:
    """The command line that starts `command` through `child`."""
    return [sys.executable, "-m", "backend.core.stack.child", str(pid_file(run, name)), *command]


def supervisor_configuration(run: Path, listed: list[Program], outputs: dict[str, int]) -> str:
    """The text of supervisord's configuration file. `outputs` maps names to the descriptors that take their output.

    There is no control socket: nobody but the foreground process gives orders.
    """
    sections = [_supervisord_section(run)]
    sections += [_program_section(run, program, outputs[program.name]) for program in listed]
    for group in dict.fromkeys(program.group for program in listed):
        members = [program for program in listed if program.group == group]
        names = ",".join(program.name for program in members)
        sections.append(_section(f"group:{group}", {"programs": names, "priority": members[0].order}))
    return "\n".join(sections)


def _supervisord_section(run: Path) -> str:
    values: dict[str, object] = {
        "nodaemon": "true",
        "nocleanup": "true",
        "logfile": "/dev/null",
        "logfile_maxbytes": 0,
        "loglevel": "warn",
        "pidfile": pid_file(run, "supervisord"),
        "minfds": 256,
        "umask": "077",
    }
    if os.getuid() == 0:
        values["user"] = "root"  # otherwise it warns on each start that it keeps the rights it was given
    return _section("supervisord", values)


def _program_section(run: Path, program: Program, output: int) -> str:
    values: dict[str, object] = {
        "command": shlex.join(tied(run, program.name, program.command)),
        "directory": settings.BASE_DIR,
        "priority": program.order,
        "autorestart": "false" if program.once else "true",
        # One that ran for a second is started again at once; otherwise after 1 s, 2 s, 3 s, … and without giving up.
        "startsecs": 0 if program.once else 1,
        "startretries": 1_000_000,
        "stopwaitsecs": program.stop_s,
        # A worker's children finish or hand back their task when the worker tells them to; whoever is left is killed.
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": f"/dev/fd/{output}",
        "stdout_logfile_maxbytes": 0,
    }
    return _section(f"program:{program.name}", values)


def _section(name: str, values: dict[str, object]) -> str:
    lines = [f"[{name}]", *(f"{key} = {str(value).replace('%', '%%')}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
