import pytest

from backend.accounts.models import User
from backend.accounts.tokens import Principal, is_current
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database


def test_nobody_is_signed_in_at_first(browser, db):
    tab = browser()

    assert tab.look() is None
    assert "csrftoken" in tab.cookies


@pytest.mark.parametrize("name", ["owner", "OWNER@example.org"])
def test_sign_in_shows_who_it_is(browser, owner, name):
    tab = browser()

    answer = tab.sign_in(name, password_of(owner))

    assert answer.status_code == 200
    assert answer.json()["user"] == {
        "id": owner.pk,
        "username": "owner",
        "email": "owner@example.org",
        "cuid": "OWNER",
        "groups": [],
        "is_staff": False,
    }
    assert tab.look()["username"] == "owner"
    assert tab.cookies["sessionid"]["httponly"]


def test_sign_in_without_csrf_token_is_refused(browser, owner):
    tab = browser()
    credentials = {"username": "owner", "password": password_of(owner)}

    answer = tab.post("/api/session", credentials, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert tab.look() is None


def test_changes_by_cookie_need_the_csrf_token(browser, owner):
    tab = browser()
    tab.sign_in("owner", password_of(owner))

    assert tab.post("/api/logout-everywhere", {}, content_type="application/json").status_code == 403
    assert tab.look()["username"] == "owner"


def test_wrong_password_signs_nobody_in(browser, owner):
    tab = browser()

    assert tab.sign_in("owner", "wrong").status_code == 401
    assert tab.look() is None


def test_sign_out_ends_the_session_and_what_hangs_on_it(browser, owner):
    tab = browser()
    tab.sign_in("owner", password_of(owner))
    principal = Principal(User.objects.get(pk=owner.pk), session_key=tab.cookies["sessionid"].value)
    assert is_current(principal)

    assert tab.send("/api/session", method="DELETE").status_code == 204

    assert tab.look() is None
    assert not is_current(principal)


def test_sign_out_twice_is_fine(browser, db):
    tab = browser()
    tab.look()

    assert tab.send("/api/session", method="DELETE").status_code == 204


def test_session_lets_a_person_call_the_api(browser, owner):
    tab = browser()
    tab.sign_in("owner", password_of(owner))

    assert tab.get("/api/hello").json() == {"message": "Hello, World!"}
