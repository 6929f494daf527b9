"""Signing in with the username or the email address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.http import HttpRequest

from backend.accounts.models import User


def find_user(name: str) -> User | None:
    """The user whom somebody means who types this name: username or email address, in any case."""
    if "\0" in name:  # PostgreSQL takes no such text, not even to compare.
        return None
    wanted = Lower(Value(User.normalize_username(name.strip())))
    named = User.objects.alias(lower_username=Lower("username"), lower_email=Lower("email"))
    found = list(named.filter(Q(lower_username=wanted) | Q(lower_email=wanted))[:2])
    # One user's username may be another one's address: an address belongs to whom it reaches.
    found.sort(key=lambda user: user.email.lower() == name.strip().lower(), reverse=True)
    return found[0] if found else None


class UsernameOrEmailBackend(ModelBackend):
    """Checks the password of the user with this username or email address; permissions as Django has them."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = find_user(username)
        if user is None:
            # Hashing costs the same as checking, so that the time does not tell which names exist.
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
