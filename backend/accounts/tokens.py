"""Access and refresh tokens, and the `Principal`: who is calling, and what that caller may do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final, TypeVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.utils import timezone
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from backend.accounts.models import ApiKey, User
from backend.core.errors import AppError

_LONGEST: Final = 8192
_T = TypeVar("_T", bound=Token)


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in caller. `scopes` None means everything that the user may do.

    `key_id` or `session_key` names what the sign-in came from, so that it ends with that.
    """

    user: User
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    key_id: int | None = None
    session_key: str | None = None


def token_pair(user: User) -> dict[str, str]:
    """`access` and `refresh` for a user who has just proved who they are."""
    refresh = RefreshToken.for_user(user)
    refresh["auth_epoch"] = user.auth_epoch
    return {"access": str(_access_token(user)), "refresh": str(refresh)}


def renew(refresh: str) -> str:
    """A new access token for a refresh token; `AppError` where that is expired, forged or ended."""
    token = _decode(RefreshToken, refresh)
    return str(_access_token(_user_of(token)))


def token_for(principal: Principal) -> tuple[str, int]:
    """An access token that can do what this API key can and ends with it, and its lifetime in seconds."""
    token = _access_token(principal.user)
    token["scopes"] = None if principal.scopes is None else sorted(principal.scopes)
    token["key"] = principal.key_id
    return str(token), token["exp"] - token["iat"]


def read_access_token(token: str) -> Principal:
    """Who holds this access token; raises `AppError` `token_expired` or `unauthenticated`."""
    claims = _decode(AccessToken, token)
    user = _user_of(claims)
    scopes, key_id = claims.get("scopes"), claims.get("key")
    principal = Principal(
        user,
        None if scopes is None else frozenset(scopes),
        datetime.fromtimestamp(claims["exp"], UTC),
        key_id,
    )
    if key_id is not None and not _key_is_valid(key_id, user):
        raise AppError("unauthenticated", "The API key of this token was revoked.")
    return principal


def principal_of_key(key: ApiKey) -> Principal:
    return Principal(key.user, frozenset(key.scopes), None, key.pk)


def is_current(principal: Principal) -> bool:
    """Whether a sign-in made earlier is still good; to be asked after `access_changed`, for instance."""
    if principal.expires_at is not None and principal.expires_at <= timezone.now():
        return False
    user = principal.user
    if not User.objects.filter(pk=user.pk, is_active=True, auth_epoch=user.auth_epoch).exists():
        return False
    if principal.key_id is not None and not _key_is_valid(principal.key_id, user):
        return False
    return principal.session_key is None or _session_is_open(principal.session_key, user)


def _access_token(user: User) -> AccessToken:
    token = AccessToken.for_user(user)
    # For clients to show; the server asks the database.
    token["username"] = user.username
    token["groups"] = sorted(user.groups.values_list("name", flat=True))
    token["auth_epoch"] = user.auth_epoch
    return token


def _decode(kind: type[_T], token: str) -> _T:
    if not token.isascii() or len(token) > _LONGEST:
        raise AppError("unauthenticated", "The token is not valid.")
    encoded: Any = token
    try:
        return kind(encoded)
    except ExpiredTokenError:
        raise AppError("token_expired") from None
    except TokenError:
        raise AppError("unauthenticated", "The token is not valid.") from None


def _user_of(claims: Token) -> User:
    user = User.objects.filter(pk=claims.get("user_id"), is_active=True).first()
    if user is None:
        raise AppError("unauthenticated", "This account cannot sign in.")
    if claims.get("auth_epoch") != user.auth_epoch:
        raise AppError("unauthenticated", "This sign-in was ended. Sign in again.")
    return user


def _key_is_valid(key_id: int, user: User) -> bool:
    return ApiKey.objects.filter(pk=key_id, user=user, revoked_at=None).exists()


def _session_is_open(session_key: str, user: User) -> bool:
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return bool(store.get(SESSION_KEY) == str(user.pk))
