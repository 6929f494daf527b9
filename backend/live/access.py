"""Telling open sockets that what a user may do has changed, on the private topic `account:<id>`."""

from typing import Any, Final

from django.http import HttpRequest

from backend.accounts.models import User
from backend.live.publish import publish
from backend.live.topics import Snapshot, TopicKind

REVOKED: Final = "revoked"
TOPICS_CHANGED: Final = "topics_changed"


def account_topic(user_id: int) -> str:
    return f"account:{user_id}"


def access_ended(sender: object, *, user: User, **_: Any) -> None:
    """Receiver of `accounts.signals.access_changed`: sockets check what they signed in with, and end if it is void."""
    publish(account_topic(user.pk), REVOKED, {})


def signed_out(sender: object, *, user: User | None, request: HttpRequest | None = None, **_: Any) -> None:
    """Receiver of Django's `user_logged_out`: the sockets of that session end."""
    if request is not None:
        # Django tells before it ends the session; a socket that asks at once must find it gone.
        request.session.flush()
    if user is not None:
        publish(account_topic(user.pk), REVOKED, {})


def topic_access_changed(user: User) -> None:
    """Make the user's sockets ask again whether they may read what they are subscribed to."""
    publish(account_topic(user.pk), TOPICS_CHANGED, {})


ACCOUNT: Final = TopicKind(
    "account",
    authorize=lambda _user, _ident: False,
    snapshot=lambda _ident: Snapshot({}),
    events=(REVOKED, TOPICS_CHANGED),
    private=True,
)
