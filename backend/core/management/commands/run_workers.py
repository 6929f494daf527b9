"""`manage.py run_workers`: the Celery workers of one machine and the scheduler. systemd and containers call it."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.queues import WORKER_FAMILIES
from backend.core.stack import programs
from backend.core.stack.foreground import Foreground


class Command(BaseCommand):
    help = (
        "Run Celery workers until SIGTERM: those of every queue family and the scheduler, or the ones that are named."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        known = ", ".join(WORKER_FAMILIES)
        parser.add_argument("--families", type=_families, default=list(WORKER_FAMILIES), help=f"a list from: {known}")
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


def _families(text: str) -> list[str]:
    named = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in named if name not in WORKER_FAMILIES]
    if unknown or not named:
        raise argparse.ArgumentTypeError(f"name some of {', '.join(WORKER_FAMILIES)}")
    return named
