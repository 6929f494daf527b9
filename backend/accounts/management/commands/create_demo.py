from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.accounts import demo


class Command(BaseCommand):
    help = "Create the demo user and its API key, for a machine that only you can reach. Not in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CONFIG.is_production:
            raise CommandError("The demo user has a known password: this is refused where STENTOR_ENV=prod.")
        user = demo.create_user()
        written = demo.ensure_key(user)
        self.stdout.write(f"Demo login: {demo.USERNAME} / {demo.PASSWORD}")
        self.stdout.write(f"API key: {demo.key_file()} ({'new' if written else 'unchanged'})")
