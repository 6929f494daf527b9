"""What ends access, and how far it reaches."""

import pytest
from django.db import transaction

from backend.accounts import services, tokens
from backend.accounts.models import User
from backend.accounts.signals import access_changed
from backend.core.errors import AppError
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database
NEW = "quite-another-phrase-7"


@pytest.fixture
def told():
    """The users about whom listeners were told."""
    users = []

    def listen(sender, *, user, **_):
        users.append(user.username)

    access_changed.connect(listen)
    yield users
    access_changed.disconnect(listen)


def assert_tokens_ended(pair):
    with pytest.raises(AppError, match="was ended"):
        tokens.read_access_token(pair["access"])
    with pytest.raises(AppError, match="was ended"):
        tokens.renew(pair["refresh"])


def test_new_password_ends_tokens_and_other_sessions(api, owner, browser, told):
    pair = tokens.token_pair(owner)
    here, elsewhere = browser(), browser()
    for each in (here, elsewhere):
        each.sign_in("owner", password_of(owner))

    answer = here.send("/api/password", {"old": password_of(owner), "new": NEW})

    assert answer.status_code == 204
    assert_tokens_ended(pair)
    assert elsewhere.look() is None
    assert here.look()["username"] == "owner"
    assert "owner" in told
    assert api.post("/token/", {"username": "owner", "password": password_of(owner)}, format="json").status_code == 401
    assert api.post("/token/", {"username": "owner", "password": NEW}, format="json").status_code == 200


def test_new_password_by_token_ends_that_token_too(owner, signed_in):
    client = signed_in(owner)

    answer = client.post("/api/password", {"old": password_of(owner), "new": NEW}, format="json")

    assert answer.status_code == 204
    assert client.get("/api/hello").status_code == 401


def test_password_change_needs_the_old_one(owner, signed_in):
    answer = signed_in(owner).post("/api/password", {"old": "wrong", "new": NEW}, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"old"}
    owner.refresh_from_db()
    assert owner.check_password(password_of(owner))


@pytest.mark.parametrize("weak", ["short", "password123", "owner@example.org"])
def test_weak_new_password_is_refused_with_reasons(owner, signed_in, weak):
    answer = signed_in(owner).post("/api/password", {"old": password_of(owner), "new": weak}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["fields"]["new"]


def test_password_set_by_any_code_ends_access(owner, told):
    pair = tokens.token_pair(owner)

    owner.set_password(NEW)
    owner.save()

    assert_tokens_ended(pair)
    assert told == ["owner"]


def test_saving_an_old_copy_does_not_bring_ended_tokens_back(owner):
    old_copy = User.objects.get(pk=owner.pk)
    pair = tokens.token_pair(owner)
    services.logout_everywhere(user=owner)

    old_copy.first_name = "Olga"
    old_copy.save()

    assert_tokens_ended(pair)
    assert User.objects.get(pk=owner.pk).first_name == "Olga"


def test_logout_everywhere_ends_tokens_and_sessions(owner, stranger, signed_in, browser, told):
    pair, others = tokens.token_pair(owner), tokens.token_pair(stranger)
    tab = browser()
    tab.sign_in("owner", password_of(owner))

    assert signed_in(owner).post("/api/logout-everywhere").status_code == 204

    assert_tokens_ended(pair)
    assert tab.look() is None
    assert told == ["owner"]
    assert tokens.read_access_token(others["access"]).user == stranger


def test_logout_everywhere_from_a_session_ends_that_session(owner, browser):
    tab = browser()
    tab.sign_in("owner", password_of(owner))

    assert tab.send("/api/logout-everywhere").status_code == 204

    assert tab.look() is None


def test_deactivation_ends_everything(owner, told, with_key):
    pair, program = tokens.token_pair(owner), with_key(owner, "jobs")

    services.deactivate(user=owner)

    with pytest.raises(AppError, match="cannot sign in"):
        tokens.read_access_token(pair["access"])
    assert program.get("/api/hello").status_code == 401
    assert told == ["owner"]


def test_listeners_are_told_inside_the_transaction(owner):
    inside = []

    def listen(sender, **_):
        inside.append(transaction.get_connection().in_atomic_block)

    access_changed.connect(listen)
    try:
        services.logout_everywhere(user=owner)
    finally:
        access_changed.disconnect(listen)

    assert inside == [True]


def test_principal_of_an_ended_sign_in_is_not_current(owner):
    principal = tokens.read_access_token(tokens.token_pair(owner)["access"])

    services.logout_everywhere(user=User.objects.get(pk=owner.pk))

    assert not tokens.is_current(principal)
