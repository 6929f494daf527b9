"""`manage.py run_workers`: the Celery workers of one machine and the scheduler. systemd and containers call it."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.stack import programs
from backend.core.stack.foreground import Foreground


class Command(BaseCommand):
    help = (
        "Run Celery workers until SIGTERM: those of every queue family and the scheduler, or the ones that are named."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        programs.add_families(parser)
        parser.add_argument(
            "--without-beat", action="store_true", help="do not run the scheduler, which runs on another machine"
        )

    def handle(self, *_args: Any, families: list[str], without_beat: bool, **_options: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="stentor-workers-") as directory:
            run = Path(directory)
            listed = [programs.worker(family) for family in families]
            if not without_beat:
                listed.append(programs.beat(run))
            failure = Foreground(run, listed).run(lambda _: None)
        if failure:
            raise CommandError(failure)
