"""Who is behind a socket: token, ticket or session to principal, and whether a browser's page may connect at all."""

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from backend.accounts import tickets
from backend.accounts.models import User
from backend.accounts.tokens import Principal


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def origin_is_allowed(scope: dict[str, Any]) -> bool:
    """A page may connect from this server's own origin or one of ALLOWED_ORIGINS, compared in full.

    Programs send no Origin; they cannot be lured, and cannot use the session cookie.
    """
    headers = headers_of(scope)
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin in settings.CONFIG.allowed_origins:
        return True
    parts = urlsplit(origin)
    return parts.scheme == _scheme(scope, headers) and parts.netloc == headers.get("host")


def from_connection(scope: dict[str, Any]) -> Principal | None:
    """By the ticket in the query or the session cookie of a same-origin page; None where the first frame must tell."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    if "ticket" in query:
        return tickets.redeem(query["ticket"][0])
    headers = headers_of(scope)
    key = _session_key(headers.get("cookie", "")) if "origin" in headers else None
    user = _user_of_session(key) if key else None
    return Principal(user, session_key=key) if user else None


def _user_of_session(key: str) -> User | None:
    request = HttpRequest()
    request.session = SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def _session_key(cookies: str) -> str | None:
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _scheme(scope: dict[str, Any], headers: dict[str, str]) -> str:
    if settings.CONFIG.trust_proxy:
        return headers.get("x-forwarded-proto", "http")
    return "https" if scope.get("scheme") == "wss" else "http"
