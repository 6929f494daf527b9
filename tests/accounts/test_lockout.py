from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.db.models import F

from backend.accounts.lockout import account_name, client_address
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database


def try_often(api, name="owner", times=None, **headers):
    for _ in range(times or settings.AXES_FAILURE_LIMIT):
        answer = api.post("/token/", {"username": name, "password": "wrong"}, format="json", **headers)
    return answer


def sign_in(api, user, **headers):
    return api.post("/token/", {"username": user.username, "password": password_of(user)}, format="json", **headers)


def assert_locked_out(answer):
    assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= settings.AXES_COOLOFF_TIME.total_seconds()


def test_too_many_failures_lock_out_even_the_right_password(api, owner):
    assert_locked_out(try_often(api))

    assert_locked_out(sign_in(api, owner))


def test_fewer_failures_do_not(api, owner):
    try_often(api, times=settings.AXES_FAILURE_LIMIT - 1)

    assert sign_in(api, owner).status_code == 200


def test_success_starts_the_count_anew(api, owner):
    try_often(api, "owner@example.org", times=settings.AXES_FAILURE_LIMIT - 1)
    sign_in(api, owner)
    try_often(api, times=settings.AXES_FAILURE_LIMIT - 1)

    assert sign_in(api, owner).status_code == 200


def test_username_and_email_count_together(api, owner):
    try_often(api, "owner", times=settings.AXES_FAILURE_LIMIT // 2)

    assert_locked_out(try_often(api, "OWNER@example.org", times=settings.AXES_FAILURE_LIMIT // 2))


def test_every_way_in_is_locked(api, owner, browser):
    try_often(api)
    tab = browser()

    assert_locked_out(tab.sign_in("owner", password_of(owner)))
    tab.get("/admin/login/")
    form = {"username": "owner", "password": password_of(owner), "csrfmiddlewaretoken": tab.csrf}
    assert_locked_out(tab.post("/admin/login/", form))
    shown = tab.post("/admin/login/", form, headers={"accept": "text/html"})
    assert (shown.status_code, shown["Content-Type"]) == (429, "text/plain")
    assert shown.content.startswith(b"Too many failed sign-ins. Try again in ")


def test_failures_in_the_browser_count_as_well(api, owner, browser):
    tab = browser()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        tab.sign_in("owner", "wrong")

    assert_locked_out(sign_in(api, owner))


def test_guessing_the_old_password_locks_out(api, owner, signed_in):
    client = signed_in(owner)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/api/password", {"old": "guess", "new": "whatever-else-9"}, format="json")

    assert_locked_out(answer)


def test_others_are_not_locked_out(api, owner, stranger):
    try_often(api)

    assert sign_in(api, stranger).status_code == 200
    assert sign_in(api, owner, REMOTE_ADDR="198.51.100.7").status_code == 200


def test_reset_ends_the_lockout(api, owner):
    try_often(api)

    reset(username="owner")

    assert sign_in(api, owner).status_code == 200


def test_waiting_ends_the_lockout_even_when_somebody_kept_trying(api, owner):
    try_often(api)
    try_often(api, times=2)

    AccessAttempt.objects.update(attempt_time=F("attempt_time") - settings.AXES_COOLOFF_TIME - timedelta(seconds=1))

    assert sign_in(api, owner).status_code == 200


def test_nothing_secret_is_kept_about_failures(api, owner):
    api.post("/token/", {"username": "owner", "password": "my-typo"}, format="multipart")

    attempt = AccessAttempt.objects.get()
    assert "my-typo" not in f"{attempt.get_data}{attempt.post_data}"


def test_address_is_what_the_trusted_proxy_wrote(rf, settings):
    request = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.9")
    assert client_address(request) == "127.0.0.1"

    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert client_address(request) == "203.0.113.9"
    assert client_address(rf.get("/", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="not an address")) is None


@pytest.mark.parametrize("credentials", [None, {}, {"username": None}, {"username": "a\0b"}])
def test_failures_without_a_usable_name_count_for_nobody(db, rf, credentials):
    assert account_name(rf.get("/"), credentials) is None
