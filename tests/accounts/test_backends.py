import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from backend.accounts.backends import UsernameOrEmailBackend, find_user
from backend.accounts.models import User
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database


@pytest.mark.parametrize("typed", ["owner", "OwNeR", " owner ", "owner@example.org", "OWNER@EXAMPLE.ORG"])
def test_either_name_finds_the_user(owner, stranger, typed):
    assert find_user(typed) == owner


@pytest.mark.parametrize("typed", ["", "own", "owner@", "%", "owner_", "owner\0"])
def test_nothing_like_a_name_finds_nobody(owner, typed):
    assert find_user(typed) is None


def test_address_finds_whom_it_reaches_not_who_calls_himself_so(owner, stranger):
    stranger.username = owner.email
    stranger.save()

    assert find_user(owner.email) == owner


def test_names_that_differ_only_in_case_are_one_name(owner):
    with pytest.raises(ValidationError):
        User(username="Owner", email="another@example.org", password="x").full_clean()
    with pytest.raises(ValidationError):
        User(username="another", email="OWNER@example.org", password="x").full_clean()


def test_unknown_name_costs_as_much_hashing_as_a_wrong_password(owner, monkeypatch):
    hashed = []
    original = User.set_password
    monkeypatch.setattr(User, "set_password", lambda self, raw: (hashed.append(raw), original(self, raw))[1])

    assert UsernameOrEmailBackend().authenticate(None, "nobody", "a password") is None
    assert hashed == ["a password"]


def test_password_is_needed(owner):
    assert UsernameOrEmailBackend().authenticate(None, "owner", None) is None


def test_passwords_are_kept_by_argon2(owner):
    assert owner.password.startswith("argon2$argon2id$")


def test_session_survives_a_new_secret_key_that_names_the_old_one(browser, owner, rf, settings):
    tab = browser()
    tab.sign_in("owner", password_of(owner))
    request = rf.get("/")
    request.session = tab.session

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-one" * 6, [settings.SECRET_KEY]

    assert get_user(request) == owner


def test_session_of_an_older_epoch_is_over(browser, owner, rf):
    tab = browser()
    tab.sign_in("owner", password_of(owner))
    request = rf.get("/")
    request.session = tab.session

    User.objects.filter(pk=owner.pk).update(auth_epoch=1)

    assert get_user(request) == AnonymousUser()
