"""`manage.py run_stack`: Stentor on this machine, complete, until Ctrl-C. `make run` calls it."""

import argparse
import io
import os
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from backend.core.stack import checks, programs
from backend.core.stack.foreground import Foreground, wait_until
from backend.core.stack.programs import Program
from backend.core.stack.redis_server import RedisNotAvailable

# Said at each start, true, and of no use to whoever tries Stentor on a machine of their own.
EXPECTED_WARNINGS = ("ignore:You're running the worker with superuser privileges", "ignore:No directory at")
REDIS_STARTS_S = 60.0
ASK_S = 3.0
REMIND_S = 60.0


class Command(BaseCommand):
    help = "Run Redis, the web server, the workers and the scheduler on this machine until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        programs.add_families(parser)

    def handle(self, *_args: Any, host: str, port: int, families: list[str], **_options: Any) -> None:
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        home: Path = settings.HOME
        # Settings made it relative to where we are; the processes must all mean the same directory.
        os.environ["STENTOR_HOME"] = str(home)
        os.environ["PYTHONUNBUFFERED"] = "1"
        os.environ.setdefault("TQDM_MININTERVAL", "5")  # a download's progress bar becomes lines here
        os.environ.setdefault("PYTHONWARNINGS", ",".join(EXPECTED_WARNINGS))
        run = home / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = checks.claim(home, run)
            checks.port_is_free(host, port)
            listed = _programs(home, run, families, host, port)
            self._prepare_database()
        except (checks.CannotStart, RedisNotAvailable) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            sys.exit(130)
        failure = Foreground(run, listed, lock).run(self._announce)
        if failure:
            raise CommandError(failure)

    def _prepare_database(self) -> None:
        if settings.CONFIG.redis_url:
            checks.redis_answers(settings.CONFIG.redis_url)
        checks.database_answers()
        call_command("migrate", interactive=False, verbosity=0)
        connections.close_all()

    def _announce(self, stack: Foreground) -> None:
        """Say so when everything answers, and say what is missing while it does not."""
        if not wait_until(_redis_answers, stack, REDIS_STARTS_S):
            if stack.running:
                stack.give_up(
                    "The embedded Redis does not start; what it says stands above. "
                    f"Move {settings.HOME / 'redis'} away to start with an empty one, or set REDIS_URL to use another."
                )
            return
        if not settings.CONFIG.is_production:
            call_command("create_demo", stdout=io.StringIO())
            connections.close_all()
        while not wait_until(self._is_ready, stack, REMIND_S):
            if not stack.running:
                return
            stack.say(f"Not ready yet; {self._url}/health/ready says what is missing.")
        stack.say(f"\nReady: {self._url}")
        if not settings.CONFIG.is_production:
            stack.say(f"Sign in as demo with the password demo-stentor. API key: {settings.HOME / 'demo-api-key'}")
        stack.say("Ctrl-C stops everything.\n")

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self._url}/health/ready", timeout=ASK_S) as answer:  # noqa: S310 (our own address)
                return int(answer.status) == HTTPStatus.OK
        except (URLError, OSError):
            return False


def _programs(home: Path, run: Path, families: list[str], host: str, port: int) -> list[Program]:
    listed = [programs.web(host, port), *(programs.worker(family) for family in families), programs.beat(run)]
    if not settings.CONFIG.redis_url:
        listed.insert(0, programs.embedded_redis(home))
    asked = run / "models-asked"
    if not asked.exists():  # once: later starts do not wait for a network, and `manage.py fetch_models` asks again
        asked.touch()
        listed.append(programs.model_download())
    return listed


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ASK_S) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
