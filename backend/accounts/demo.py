"""The demo user, and the API key that scripts on this machine find in `STENTOR_HOME/demo-api-key`."""

import os
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from backend.accounts import services
from backend.accounts.models import User
from backend.accounts.scopes import SCOPES
from backend.core.errors import AppError

USERNAME: Final = "demo"
PASSWORD: Final = "demo-stentor"  # noqa: S105 (printed at the start; refused in production)
_EMAIL: Final = "demo@stentor.localhost"
_KEY_NAME: Final = "demo"


def key_file() -> Path:
    home: Path = settings.HOME
    return home / "demo-api-key"


@transaction.atomic
def create_user() -> User:
    """The demo user, able to sign in with the password that is printed at the start."""
    user, _ = User.objects.get_or_create(username=USERNAME, defaults={"email": _EMAIL})
    if not user.is_active or not user.check_password(PASSWORD):
        user.is_active = True
        user.set_password(PASSWORD)
        user.save()
    return user


def ensure_key(user: User) -> bool:
    """Write a new key to the file where that has none that works; whether it was written."""
    path = key_file()
    if path.exists() and _works(path.read_text(errors="replace").strip(), user):
        return False
    with transaction.atomic():
        for old in services.keys_of(user=user).filter(name=_KEY_NAME):
            services.revoke_key(user=user, key_id=old.pk)
        _, secret = services.create_key(user=user, name=_KEY_NAME, scopes=sorted(SCOPES))
        _write_private(path, secret)
    return True


def _works(secret: str, user: User) -> bool:
    try:
        key = services.find_key(secret=secret)
    except AppError:
        return False
    return key.user_id == user.pk and set(key.scopes) == SCOPES.keys()


def _write_private(path: Path, text: str) -> None:
    # Created unreadable for others and then renamed: nobody can open it in between.
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")
    draft.replace(path)
