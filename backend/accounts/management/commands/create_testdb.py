from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.accounts import samples


class Command(BaseCommand):
    help = "Fill the database with sample data of every domain, for trying things out. Not in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CONFIG.is_production:
            raise CommandError("Sample users have a known password: this is refused where STENTOR_ENV=prod.")
        for line in samples.create_all():
            self.stdout.write(line)
