from datetime import timedelta

import jwt
import pytest
from django.contrib.auth.models import Group
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from backend.accounts import services, tokens
from backend.core.errors import AppError
from tests.accounts.conftest import password_of

pytestmark = pytest.mark.database


@pytest.mark.parametrize("path", ["/token/", "/token", "/api/token/", "/api/token"])
@pytest.mark.parametrize("name", ["owner", "OWNER", "owner@example.org", "Owner@Example.ORG"])
def test_username_and_email_get_tokens_in_any_case(api, owner, path, name):
    answer = api.post(path, {"username": name, "password": password_of(owner)}, format="json")

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert tokens.read_access_token(answer.json()["access"]).user == owner


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "application/x-www-form-urlencoded", "application/json"]
)
def test_tokens_are_given_for_forms_and_json(api, owner, content_type):
    format_of = {"multipart/form-data": "multipart", "application/json": "json"}
    credentials = {"username": "owner", "password": password_of(owner)}
    if content_type in format_of:
        answer = api.post("/token/", credentials, format=format_of[content_type])
    else:
        answer = api.post("/token/", f"username=owner&password={password_of(owner)}", content_type=content_type)

    assert answer.status_code == 200


def test_access_token_carries_name_and_groups(owner):
    owner.groups.add(Group.objects.create(name="netadmin"))

    claims = AccessToken(tokens.token_pair(owner)["access"])

    assert (claims["username"], claims["groups"], claims["auth_epoch"]) == ("owner", ["netadmin"], 0)
    assert "scopes" not in claims


def test_wrong_password_is_a_problem_with_a_challenge(api, owner):
    answer = api.post("/token/", {"username": "owner", "password": "wrong"}, format="json")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"], problem["retryable"]) == ("unauthenticated", 401, False)
    assert set(problem) == {"type", "title", "status", "detail", "code", "retryable"}


def test_unknown_name_and_wrong_password_get_the_same_answer(api, owner):
    wrong = api.post("/token/", {"username": "owner", "password": "wrong"}, format="json")
    unknown = api.post("/token/", {"username": "nobody", "password": "wrong"}, format="json")

    assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())


def test_inactive_user_gets_no_token(api, owner):
    services.deactivate(user=owner)

    answer = api.post("/token/", {"username": "owner", "password": password_of(owner)}, format="json")

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'"text"',
        b"{",
        b'{"username": ["a"], "password": {}}',
        b'{"username": "a\\u0000", "password": "b"}',
        b'{"username": "\\ud800", "password": "b"}',
    ],
)
def test_malformed_bodies_are_refused_politely(api, db, body):
    answer = api.post("/token/", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid", "bad_request"}


def test_missing_fields_are_named(api, db):
    answer = api.post("/token/", {}, format="json")

    assert set(answer.json()["fields"]) == {"username", "password"}


@pytest.mark.parametrize("path", ["/token/refresh/", "/api/token/refresh"])
@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_refresh_token_gets_a_new_access_token(api, owner, path, kind):
    pair = tokens.token_pair(owner)

    answer = api.post(path, {"refresh": pair["refresh"]}, format=kind)

    assert set(answer.json()) == {"access"}
    assert tokens.read_access_token(answer.json()["access"]).user == owner


def test_access_token_does_not_refresh(api, owner):
    answer = api.post("/token/refresh/", {"refresh": tokens.token_pair(owner)["access"]}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_expired_tokens_say_so(api, owner):
    access, refresh = AccessToken.for_user(owner), RefreshToken.for_user(owner)
    for token in (access, refresh):
        token.set_exp(lifetime=timedelta(seconds=-1))

    called = api.get("/api/hello", HTTP_AUTHORIZATION=f"Bearer {access}")
    refreshed = api.post("/token/refresh/", {"refresh": str(refresh)}, format="json")

    assert (called.status_code, called.json()["code"]) == (401, "token_expired")
    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ü", "\ud800", "x" * 10_000, "stk_wrong"])
def test_garbage_is_not_a_token(db, token):
    with pytest.raises(AppError) as error:
        tokens.read_access_token(token)

    assert error.value.code == "unauthenticated"


def test_token_signed_by_somebody_else_is_refused(owner):
    token = AccessToken.for_user(owner)
    forged = jwt.encode(token.payload, "another key of sufficient length, 32 bytes", algorithm="HS256")

    with pytest.raises(AppError, match="not valid"):
        tokens.read_access_token(forged)


def test_token_of_a_deleted_user_is_refused(owner):
    access = tokens.token_pair(owner)["access"]
    owner.delete()

    with pytest.raises(AppError, match="cannot sign in"):
        tokens.read_access_token(access)


def test_principal_knows_until_when_it_lasts(owner):
    access = tokens.token_pair(owner)["access"]

    principal = tokens.read_access_token(access)

    assert principal.expires_at is not None
    assert principal.expires_at.timestamp() == AccessToken(access)["exp"]
    assert principal.scopes is None


def test_principal_past_its_expiry_is_not_current(owner):
    principal = tokens.read_access_token(tokens.token_pair(owner)["access"])
    late = tokens.Principal(owner, expires_at=principal.expires_at - timedelta(days=2))

    assert tokens.is_current(principal)
    assert not tokens.is_current(late)
