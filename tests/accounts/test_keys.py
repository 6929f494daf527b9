from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from backend.accounts import services, tokens
from backend.accounts.models import ApiKey
from backend.accounts.signals import access_changed
from backend.core.errors import AppError

pytestmark = pytest.mark.database


def make(client, **values):
    return client.post("/api/keys", {"name": "reports", "scopes": ["speech"], **values}, format="json")


def test_key_is_shown_once_and_kept_as_a_hash(owner, signed_in):
    client = signed_in(owner)

    made = make(client)

    assert made.status_code == 201
    secret = made.json()["key"]
    assert secret.startswith("stk_")
    assert len(secret) == 47
    assert secret.startswith(made.json()["prefix"])
    listed = client.get("/api/keys/").json()
    assert [key["name"] for key in listed] == ["reports"]
    assert "key" not in listed[0]
    row = ApiKey.objects.get()
    assert secret not in str(vars(row))


@pytest.mark.parametrize("fault", [{"name": ""}, {"name": "x" * 101}, {"scopes": ["fly"]}, {"scopes": "speech"}])
def test_faulty_keys_are_refused(owner, signed_in, fault):
    answer = make(signed_in(owner), **fault)

    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == fault.keys()


def test_unknown_scope_is_refused_by_the_service_too(owner):
    with pytest.raises(AppError) as error:
        services.create_key(user=owner, name="x", scopes=["fly"])

    assert error.value.fields.keys() == {"scopes"}


def test_number_of_keys_is_limited(owner, monkeypatch):
    monkeypatch.setattr(services, "KEYS_PER_USER", 1)
    services.create_key(user=owner, name="first", scopes=[])

    with pytest.raises(AppError) as error:
        services.create_key(user=owner, name="second", scopes=[])

    assert error.value.code == "limit_reached"


def test_key_calls_by_its_own_header_or_as_bearer(api, owner):
    _, secret = services.create_key(user=owner, name="a program", scopes=[])

    assert api.get("/api/hello", HTTP_X_API_KEY=secret).json() == {"message": "Hello, World!"}
    assert api.get("/api/hello/", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"HTTP_X_API_KEY": "stk_wrong"}, {"HTTP_AUTHORIZATION": "Bearer stk_ü"}])
def test_without_a_valid_key_hello_says_sign_in(api, db, headers):
    answer = api.get("/api/hello", **headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"]


def test_use_is_noted_once_a_minute(owner):
    key, secret = services.create_key(user=owner, name="a program", scopes=[])

    first = services.find_key(secret=secret).last_used_at
    assert first is not None
    assert services.find_key(secret=secret).last_used_at == first

    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(minutes=2))
    assert services.find_key(secret=secret).last_used_at > first


def test_revoked_key_and_its_tokens_stop_working(api, owner, signed_in):
    key, secret = services.create_key(user=owner, name="a program", scopes=["jobs"])
    token = api.post("/api/token", {"cuid": owner.cuid}, format="json", HTTP_X_API_KEY=secret).json()["access_token"]
    principal = tokens.read_access_token(token)
    told = []

    def listen(sender, *, user, **_):
        told.append(user)

    access_changed.connect(listen)
    try:
        assert signed_in(owner).delete(f"/api/keys/{key.pk}").status_code == 204
    finally:
        access_changed.disconnect(listen)

    assert api.get("/api/hello", HTTP_X_API_KEY=secret).status_code == 401
    assert api.get("/api/hello", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert not tokens.is_current(principal)
    assert told == [owner]
    assert signed_in(owner).get("/api/hello").status_code == 200


def test_key_is_revoked_only_once(owner, signed_in):
    key, _ = services.create_key(user=owner, name="a program", scopes=[])
    client = signed_in(owner)
    client.delete(f"/api/keys/{key.pk}")

    assert client.delete(f"/api/keys/{key.pk}").status_code == 404


def test_stranger_neither_sees_nor_revokes_keys(owner, stranger, signed_in):
    key, secret = services.create_key(user=owner, name="a program", scopes=[])
    client = signed_in(stranger)

    assert client.get("/api/keys").json() == []
    assert client.delete(f"/api/keys/{key.pk}").status_code == 404
    assert services.find_key(secret=secret) == key


def test_cuid_and_key_become_an_access_token_with_the_scopes_of_the_key(api, owner):
    key, secret = services.create_key(user=owner, name="a program", scopes=["speech"])

    answer = api.post("/api/token", {"cuid": "OWNER"}, format="json", HTTP_X_API_KEY=secret)

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 3600
    principal = tokens.read_access_token(answer.json()["access_token"])
    assert (principal.user, principal.scopes, principal.key_id) == (owner, frozenset({"speech"}), key.pk)
    assert AccessToken(answer.json()["access_token"])["scopes"] == ["speech"]


def test_cuid_of_somebody_else_is_forbidden(api, owner, stranger):
    _, secret = services.create_key(user=owner, name="a program", scopes=[])

    answer = api.post("/api/token", {"cuid": stranger.cuid}, format="json", HTTP_X_API_KEY=secret)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_cuid_without_a_key_is_refused(api, owner):
    answer = api.post("/api/token", {"cuid": owner.cuid}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"]


def test_key_does_only_what_its_scopes_say(owner, with_key):
    assert with_key(owner, "jobs").get("/api/jobs").status_code == 200

    refused = with_key(owner, "speech").get("/api/jobs")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_scopes_hold_for_tokens_made_from_the_key(api, owner):
    _, secret = services.create_key(user=owner, name="a program", scopes=["speech"])
    token = api.post("/api/token", {"cuid": "OWNER"}, format="json", HTTP_X_API_KEY=secret).json()["access_token"]

    assert api.get("/api/jobs", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/keys"),
        ("post", "/api/keys"),
        ("post", "/api/logout-everywhere"),
        ("post", "/api/password"),
    ],
)
def test_account_is_managed_by_people_not_by_keys(owner, with_key, method, path):
    answer = getattr(with_key(owner, "jobs", "speech"), method)(path, {}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_overlong_key_is_refused_unread(api, db):
    assert api.get("/api/hello", HTTP_X_API_KEY="stk_" + "x" * 1000).status_code == 401


def test_key_works_beside_a_header_that_is_not_ours(api, owner):
    _, secret = services.create_key(user=owner, name="a program", scopes=[])

    answer = api.get("/api/hello", HTTP_X_API_KEY=secret, HTTP_AUTHORIZATION="Basic b3duZXI6eA==")

    assert answer.status_code == 200
