"""Tickets: a sign-in for one WebSocket, to be named in its address, where a token would end up in logs."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from redis.exceptions import RedisError

from backend.accounts.models import User
from backend.accounts.tokens import Principal, is_current
from backend.core.errors import AppError
from backend.core.redis_pools import sync_redis

LIFETIME_S: Final = 30


def issue(principal: Principal) -> str:
    """A ticket that signs in once as this principal, within `LIFETIME_S` and before the principal expires."""
    lifetime_ms = LIFETIME_S * 1000
    if principal.expires_at is not None:
        left = principal.expires_at - timezone.now()
        lifetime_ms = min(lifetime_ms, int(left.total_seconds() * 1000))
    if lifetime_ms <= 0:
        raise AppError("token_expired")
    ticket = secrets.token_urlsafe(32)
    try:
        sync_redis().set(_key(ticket), json.dumps(_as_json(principal)), px=lifetime_ms)
    except RedisError:
        raise AppError("unavailable", "No ticket can be made at the moment.") from None
    return ticket


def redeem(ticket: str) -> Principal:
    """Use a ticket up; `AppError("unauthenticated")` for one that is unknown, used, too old or void by now."""
    try:
        # Deleted in the same step as it is read, so that of two sockets only one gets in.
        stored: Any = sync_redis().getdel(_key(ticket))
    except RedisError:
        raise AppError("unavailable", "The ticket cannot be checked at the moment.") from None
    principal = _principal(json.loads(stored)) if stored else None
    if principal is None or not is_current(principal):
        raise AppError("unauthenticated", "The ticket is not valid any more.")
    return principal


def _key(ticket: str) -> str:
    # Hashed: whoever can read Redis cannot sign in with what stands there.
    return "stentor:ticket:" + hashlib.sha256(ticket.encode(errors="replace")).hexdigest()


def _as_json(principal: Principal) -> dict[str, Any]:
    return {
        "user": principal.user.pk,
        "auth_epoch": principal.user.auth_epoch,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
        "expires_at": principal.expires_at.isoformat() if principal.expires_at else None,
        "key": principal.key_id,
        "session": principal.session_key,
    }


def _principal(data: dict[str, Any]) -> Principal | None:
    user = User.objects.filter(pk=data["user"], auth_epoch=data["auth_epoch"]).first()
    if user is None:
        return None
    return Principal(
        user,
        None if data["scopes"] is None else frozenset(data["scopes"]),
        datetime.fromisoformat(data["expires_at"]) if data["expires_at"] else None,
        data["key"],
        data["session"],
    )
