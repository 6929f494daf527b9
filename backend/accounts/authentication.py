"""Who is calling: bearer token, API key or session; and whether a key may do what is asked."""

from typing import Any, Final

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from backend.accounts import services, tokens
from backend.accounts.models import User
from backend.accounts.tokens import Principal
from backend.core.errors import AppError

_UNDECLARED: Final = object()


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; an API key is accepted in its place."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        value = value.strip()
        if value.startswith(services.KEY_PREFIX):
            principal = tokens.principal_of_key(services.find_key(secret=value))
        else:
            principal = tokens.read_access_token(value)
        return principal.user, principal

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="stentor"'


class ApiKeyAuthentication(BaseAuthentication):
    """`X-API-KEY: <key>`."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        secret = request.headers.get("X-API-KEY", "").strip()
        if not secret:
            return None
        principal = tokens.principal_of_key(services.find_key(secret=secret))
        return principal.user, principal

    def authenticate_header(self, request: Request) -> str:
        return 'ApiKey realm="stentor"'


class SignedInWithScope(BasePermission):
    """Signed-in callers only; an API key, or a token made from one, needs the view's `scope`.

    A view says what it needs: a `scope` by name, or None where any key will do. One that says nothing is
    closed to keys.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User):
            return False
        held = request.auth.scopes if isinstance(request.auth, Principal) else None
        if held is None:
            return True
        needed = getattr(view, "scope", _UNDECLARED)
        if needed is _UNDECLARED:
            raise AppError("forbidden", "An API key cannot do this. Sign in.")
        if needed is not None and needed not in held:
            raise AppError("forbidden", f"This key lacks the scope {needed!r}.")
        return True


def principal_of(request: Request) -> Principal:
    """The principal of a request that `SignedInWithScope` let in, also where it came by session cookie."""
    if isinstance(request.auth, Principal):
        return request.auth
    if not isinstance(request.user, User):
        raise AppError("unauthenticated")
    return Principal(request.user, session_key=request.session.session_key)
