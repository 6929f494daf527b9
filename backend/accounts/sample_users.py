"""The sample users: one for each role."""

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from backend.accounts.groups import create_groups
from backend.accounts.models import User

PASSWORD: Final = "stentor-sample"  # noqa: S105 (printed by the command; refused in production)


@dataclass(frozen=True, slots=True)
class _Sample:
    username: str
    cuid: str
    group: str = ""
    is_superuser: bool = False


_USERS: Final = (
    _Sample("thomastest", "THTE0001"),
    _Sample("imatestin", "IMTE0002", "superuser", is_superuser=True),
    _Sample("norbert", "NORB0003", "netadmin"),
    _Sample("stefan", "STEF0004", "support"),
)


@transaction.atomic
def create() -> str:
    """Make the sample users that are missing."""
    create_groups()
    for sample in _USERS:
        if User.objects.filter(username=sample.username).exists():
            continue
        user = User.objects.create_user(
            sample.username,
            f"{sample.username}@stentor.localhost",
            PASSWORD,
            cuid=sample.cuid,
            is_staff=sample.is_superuser,
            is_superuser=sample.is_superuser,
        )
        if sample.group:
            user.groups.add(Group.objects.get(name=sample.group))
    names = ", ".join(sample.username for sample in _USERS)
    return f"{names} (password of new ones: {PASSWORD})"
