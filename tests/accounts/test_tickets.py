from datetime import timedelta

import pytest
from django.utils import timezone

from backend.accounts import services, tickets, tokens
from backend.accounts.tokens import Principal
from backend.core.errors import AppError
from backend.core.redis_pools import sync_redis
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database


def assert_void(ticket):
    with pytest.raises(AppError) as error:
        tickets.redeem(ticket)
    assert error.value.code == "unauthenticated"


def the_key():
    (key,) = sync_redis().keys("stentor:ticket:*")
    return key


def test_ticket_signs_in_once(owner):
    ticket = tickets.issue(Principal(owner))

    assert tickets.redeem(ticket) == Principal(owner)
    assert_void(ticket)


def test_ticket_is_kept_as_a_hash(owner):
    ticket = tickets.issue(Principal(owner))

    assert ticket.encode() not in the_key()
    assert ticket.encode() not in sync_redis().get(the_key())


@pytest.mark.parametrize("ticket", ["", "x", "ü", "\ud800", "x" * 100_000])
def test_unknown_ticket_is_refused(db, ticket):
    assert_void(ticket)


def test_ticket_lasts_half_a_minute(owner):
    ticket = tickets.issue(Principal(owner))

    assert 29_000 < sync_redis().pttl(the_key()) <= 30_000
    sync_redis().pexpire(the_key(), 0)
    assert_void(ticket)


def test_ticket_does_not_outlive_the_token_it_was_got_with(owner):
    tickets.issue(Principal(owner, expires_at=timezone.now() + timedelta(seconds=5)))

    assert 0 < sync_redis().pttl(the_key()) <= 5_000
    with pytest.raises(AppError) as error:
        tickets.issue(Principal(owner, expires_at=timezone.now() - timedelta(seconds=1)))
    assert error.value.code == "token_expired"


def test_ticket_is_void_after_logout_everywhere(owner):
    ticket = tickets.issue(Principal(owner))

    services.logout_everywhere(user=owner)

    assert_void(ticket)


def test_ticket_is_void_after_its_key_was_revoked(owner):
    key, secret = services.create_key(user=owner, name="a program", scopes=["jobs"])
    ticket = tickets.issue(tokens.principal_of_key(services.find_key(secret=secret)))

    services.revoke_key(user=owner, key_id=key.pk)

    assert_void(ticket)


def test_ticket_of_a_scoped_token_keeps_scopes_and_expiry(api, owner):
    _, secret = services.create_key(user=owner, name="a program", scopes=["jobs"])
    token = api.post("/api/token", {"cuid": "OWNER"}, format="json", HTTP_X_API_KEY=secret).json()["access_token"]

    answer = api.post("/api/ws-ticket", HTTP_AUTHORIZATION=f"Bearer {token}")

    assert answer.json()["expires_in"] == 30
    assert tickets.redeem(answer.json()["ticket"]) == tokens.read_access_token(token)


def test_ticket_got_in_a_browser_ends_with_its_session(browser, owner):
    tab = browser()
    tab.sign_in("owner", password_of(owner))
    first, second = (tab.send("/api/ws-ticket/").json()["ticket"] for _ in range(2))

    assert tickets.redeem(first).user == owner
    tab.send("/api/session", method="DELETE")

    assert_void(second)


def test_nobody_gets_no_ticket(api, db):
    assert api.post("/api/ws-ticket").status_code == 401


def test_without_redis_tickets_are_unavailable_for_a_while(owner, signed_in, redis_server):
    ticket, client = tickets.issue(Principal(owner)), signed_in(owner)
    redis_server.kill()
    try:
        for attempt in (lambda: tickets.issue(Principal(owner)), lambda: tickets.redeem(ticket)):
            with pytest.raises(AppError) as error:
                attempt()
            assert (error.value.code, error.value.kind.retryable) == ("unavailable", True)
    finally:
        redis_server.start()

    assert client.post("/api/ws-ticket").status_code == 200
