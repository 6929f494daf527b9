from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts import services, tokens
from backend.accounts.models import User


@pytest.fixture
def api() -> APIClient:
    """A program that has not signed in."""
    return APIClient()


@pytest.fixture
def signed_in() -> Callable[[User], APIClient]:
    """A program with an access token."""

    def make(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.token_pair(user)['access']}")
        return client

    return make


@pytest.fixture
def with_key() -> Callable[..., APIClient]:
    """A program with an API key."""

    def make(user: User, *scopes: str) -> APIClient:
        _, secret = services.create_key(user=user, name="a program", scopes=list(scopes))
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=secret)
        return client

    return make


class Browser(Client):
    """A browser: keeps cookies, and sends the CSRF token that the session endpoint gave it."""

    def __init__(self) -> None:
        super().__init__(enforce_csrf_checks=True)
        self.csrf = ""

    def look(self):
        answer = self.get("/api/session").json()
        self.csrf = answer["csrf_token"]
        return answer["user"]

    def send(self, path: str, body: object = None, method: str = "POST"):
        headers = {"X-CSRFToken": self.csrf}
        return self.generic(
            method, path, self._encode_json(body or {}, "application/json"), "application/json", headers=headers
        )

    def sign_in(self, name: str, password: str):
        self.look()
        response = self.send("/api/session", {"username": name, "password": password})
        self.look()
        return response


@pytest.fixture
def browser() -> Callable[[], Browser]:
    return Browser


def password_of(user: User) -> str:
    return f"{user.username}-password-1"
