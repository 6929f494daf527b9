"""Write the AsyncAPI and OpenAPI documents and the browser client's constants, or check that they are up to date."""

import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from consumers import asyncapi
from consumers.documentation import as_yaml


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail where a file is not what it should be")

    def handle(self, *_: Any, **options: Any) -> None:
        files = _files()
        stale = [path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text]
        if options["check"] and stale:
            names = ", ".join(str(path.relative_to(settings.BASE_DIR)) for path in stale)
            raise CommandError(f"Out of date: {names}. Run `python manage.py generate_docs`.")
        for path in stale:
            path.write_text(files[path], "utf-8")
            self.stdout.write(f"Wrote {path.relative_to(settings.BASE_DIR)}")


def _files() -> dict[Path, str]:
    return {
        settings.BASE_DIR / "docs" / "asyncapi.yaml": as_yaml(asyncapi.document()),
        settings.BASE_DIR / "docs" / "openapi.yaml": _openapi(),
        settings.BASE_DIR / "frontend_demo" / "lib" / "constants.js": asyncapi.constants(),
    }


def _openapi() -> str:
    out = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    return out.getvalue()
