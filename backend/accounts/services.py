"""Everything that changes accounts, keys and access."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import ApiKey, User
from backend.accounts.scopes import SCOPES
from backend.accounts.signals import access_changed
from backend.core.errors import AppError

KEY_PREFIX: Final = "stk_"
KEYS_PER_USER: Final = 50
_SHOWN: Final = 12
_LONGEST_KEY: Final = 200
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


@transaction.atomic
def create_key(*, user: User, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """Make a key. The second value is the secret: it is not kept, and can be shown only now."""
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown:
        known = ", ".join(SCOPES)
        raise AppError("invalid", fields={"scopes": [f"Not a scope: {', '.join(unknown)}. There are: {known}."]})
    # Locked, so that two requests cannot both take the last place.
    User.objects.select_for_update().get(pk=user.pk)
    if keys_of(user=user).count() >= KEYS_PER_USER:
        raise AppError("limit_reached", f"You have {KEYS_PER_USER} keys. Revoke one first.")
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user, name=name, prefix=secret[:_SHOWN], digest=_digest(secret), scopes=sorted(set(scopes))
    )
    return key, secret


def keys_of(*, user: User) -> QuerySet[ApiKey]:
    """The user's keys that work."""
    return ApiKey.objects.filter(user=user, revoked_at=None)


@transaction.atomic
def revoke_key(*, user: User, key_id: int) -> None:
    """End a key and every token made from it. `AppError("not_found")` where this user has no such key."""
    if not keys_of(user=user).filter(pk=key_id).update(revoked_at=timezone.now()):
        raise AppError("not_found", "You have no such key.")
    access_changed.send(sender=ApiKey, user=user)


def find_key(*, secret: str) -> ApiKey:
    """The key with this secret; `AppError("unauthenticated")` unless it works and its user may sign in."""
    if len(secret) > _LONGEST_KEY:
        raise AppError("unauthenticated", "The API key is not valid.")
    working = ApiKey.objects.select_related("user").filter(revoked_at=None, user__is_active=True)
    key = working.filter(digest=_digest(secret)).first()
    if key is None:
        raise AppError("unauthenticated", "The API key is not valid.")
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - _USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        key.last_used_at = now
    return key


def find_person(who: str) -> User:
    """The person with this username or address; `AppError("invalid")` where there is nobody."""
    person = User.objects.filter(Q(username__iexact=who) | Q(email__iexact=who), is_active=True).first()
    if person is None:
        raise AppError("invalid", "There is no such person.", fields={"user": ["Nobody has this name or email."]})
    return person


@transaction.atomic
def change_password(*, user: User, new: str) -> None:
    """Set a password that Django's validators accept; every token, session and socket of the old one ends."""
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise AppError("invalid", "This password cannot be used.", fields={"new": error.messages}) from None
    user.set_password(new)
    user.save(update_fields=["password"])


@transaction.atomic
def logout_everywhere(*, user: User) -> None:
    """End every token, session and socket of the user. API keys stay, tokens made from them do not."""
    user.end_access()


@transaction.atomic
def deactivate(*, user: User) -> None:
    """Shut the user out: no sign-in, no key, and what is open ends."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db(fields=["is_active"])
    user.end_access()


@transaction.atomic
def sign_out(*, user: User, end_session: Callable[[], None]) -> None:
    """End one session, and let its sockets know when it is gone."""
    end_session()
    access_changed.send(sender=User, user=user)


def _digest(secret: str) -> str:
    # The secret is 256 random bits: a fast hash cannot be reversed by guessing, and can be looked up.
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
