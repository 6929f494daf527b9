"""What every test shares: a fresh Redis, and the same three people."""

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.db import connections

from tests.environment import REDIS
from tests.redis_server import RedisServer

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from backend.jobs.running import Run


# The real algorithm, with less of the work that makes guessing slow.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 1024


@pytest.fixture(scope="session")
def redis_server() -> RedisServer:
    return REDIS


@pytest.fixture(autouse=True)
def _fresh_redis() -> None:
    from backend.core.redis_pools import sync_redis

    sync_redis().flushall()


def _person(name: str):
    from backend.accounts.models import User

    person = User(username=name, email=f"{name}@example.org", cuid=name.upper()[:8])
    person.password = _hashed(f"{name}-password-1")
    person.save()
    return person


@cache
def _hashed(password: str) -> str:
    """A hash is slow by design; these three passwords need one each, not one for each test."""
    return make_password(password)


@pytest.fixture
def owner(db):
    """Whose things they are."""
    return _person("owner")


@pytest.fixture
def teammate(db):
    """Somebody the owner has shared with."""
    return _person("teammate")


@pytest.fixture
def stranger(db):
    """Somebody who has no access."""
    return _person("stranger")


@pytest.fixture
async def live_loop():
    """For tests that use the live layer inside their own event loop: what belongs to that loop is closed with it."""
    from channels.layers import channel_layers

    from backend.core.redis_pools import close_async_redis
    from consumers.hub import close_hub

    yield
    await close_hub()
    layer = channel_layers.backends.pop("default", None)
    if layer is not None:
        await layer.flush()
    await close_async_redis()


@pytest.fixture
def as_user() -> "Callable[..., APIClient]":
    """A program that is signed in as somebody."""
    from rest_framework.test import APIClient

    from backend.accounts import tokens

    def make(user) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.token_pair(user)['access']}")
        return client

    return make


@pytest.fixture
def read_log() -> Callable[[str], list[dict]]:
    """All events of a topic, oldest first."""
    from backend.core.redis_pools import sync_redis

    def read(topic: str) -> list[dict]:
        rows = sync_redis().xrange(f"live:{{{topic}}}:log")
        return [{"event": row[b"e"].decode(), "data": json.loads(row[b"d"])} for _, row in rows]

    return read


@pytest.fixture(autouse=True)
def _job_kinds() -> None:
    """A kind of job for tests of jobs as such."""
    from backend.core.queues import Task
    from backend.jobs import kinds

    kinds.register(kinds.JobKind("sleep", Task.TRANSCRIBE))
    kinds.register(kinds.JobKind("once", Task.TRANSCRIBE, repeatable=False))


@pytest.fixture(autouse=True)
def _assertions_are_no_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the work of a job raises ends the job and nothing else; what a test asserts inside it must end the test."""
    from backend.jobs import running

    settle = running._settle

    def settle_all_but_assertions(run: "Run", error: BaseException | None) -> bool:
        return settle(run, error) and not isinstance(error, AssertionError)

    monkeypatch.setattr(running, "_settle", settle_all_but_assertions)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """No connection outlives its use, so that PostgreSQL lets the test database be dropped at the end."""
    connections.settings["default"]["CONN_MAX_AGE"] = 0
