"""`manage.py fetch_models`: a Whisper model for the machine, where there is a network."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm  # type: ignore[import-untyped]

from backend.core.errors import AppError
from backend.engines import installed


class Command(BaseCommand):
    help = (
        "Download a Whisper model, by default the one that WHISPER_MODEL names. "
        "Without a network this says so and succeeds: the embedded engine answers then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", nargs="?", default="", help=f"a name: {', '.join(installed.REPOSITORIES)}")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["model"] or settings.CONFIG.whisper_model or installed.DEFAULT_MODEL
        present = installed.wanted_model(name)
        if present is not None:
            self.stdout.write(f"The Whisper model {present.name} is here already: {present.path}")
            return
        self.stdout.write(f"Fetching the Whisper model {name} …")
        try:
            path = installed.fetch(name, tqdm)
        except installed.NoNetwork:
            self.stdout.write(
                "The model hub cannot be reached, so no Whisper model was fetched. "
                "The embedded engine, pocketsphinx, will be used: English only, and less exact."
            )
            return
        except AppError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"The Whisper model {name} is installed: {path}")
