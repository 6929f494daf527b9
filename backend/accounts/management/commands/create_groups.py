from typing import Any

from django.core.management.base import BaseCommand

from backend.accounts.groups import create_groups


class Command(BaseCommand):
    help = "Create the groups superuser, netadmin and support, or bring their permissions up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, permissions in create_groups().items():
            self.stdout.write(f"{name}: {permissions} permissions")
