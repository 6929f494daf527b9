"""Checking a name and a password, with failures counted."""

from django.contrib.auth import authenticate
from rest_framework.request import Request

from backend.accounts.lockout import account_name, locked_out_error
from backend.accounts.models import User
from backend.core.errors import AppError


def check_credentials(request: Request, *, username: str, password: str) -> User:
    """The user with this name or address, and password; else `AppError` `unauthenticated` or `locked_out`.

    Every failure counts towards the lockout of this account from this address.
    """
    http_request = request._request  # noqa: SLF001 (DRF offers no other way; django-axes marks the request under it)
    user = authenticate(http_request, username=username, password=password)
    if isinstance(user, User):
        return user
    if getattr(http_request, "axes_locked_out", False):
        raise locked_out_error(http_request, account_name(http_request, {"username": username}))
    raise AppError("unauthenticated", "The username or the password is wrong.")
