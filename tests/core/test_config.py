"""The settings refuse to start on missing or weak values and say which."""

import os
import re
import subprocess
import sys

import pytest

from backend.core import config

STRONG = {
    "STENTOR_ENV": "prod",
    "SECRET_KEY": "k9" * 40,
    "ALLOWED_HOSTS": "stentor.example.org",
    "DATABASE_URL": "postgres://stentor:pw@localhost/stentor",
    "REDIS_URL": "redis://localhost:6379/0",
}


@pytest.fixture
def environment(monkeypatch):
    def set_to(**values):
        for name in STRONG:
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_to


def test_production_starts_with_strong_values(environment):
    environment(**STRONG)
    assert config.load().is_production


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_names_what_is_missing(environment, name):
    environment(**{key: value for key, value in STRONG.items() if key != name})
    with pytest.raises(config.ConfigurationError, match=name):
        config.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "django-insecure-" + "x" * 60),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ""),
        ("STENTOR_ENV", "staging"),
        ("MAX_UPLOAD_MB", "many"),
        ("TRANSCRIBE_CHUNK_S", "300"),
    ],
)
def test_a_weak_or_malformed_value_is_named(environment, monkeypatch, name, value):
    environment(**STRONG)
    monkeypatch.setenv(name, value)
    with pytest.raises(config.ConfigurationError, match=name):
        config.load()


@pytest.mark.parametrize(
    "prices", ["1/2", "=1/2", "a=nan/1", "a=1/nan", "a=-1/2", "a=1/-2", "a=inf/1", "a=1", "a=x/1", "b=1/2, a=1/2/3"]
)
def test_prices_are_of_a_model_and_not_below_nothing(environment, monkeypatch, prices):
    environment()
    monkeypatch.setenv("CHAT_PRICES", prices)
    with pytest.raises(config.ConfigurationError, match=re.escape(f"CHAT_PRICES: {prices.split(', ')[-1]!r}")):
        config.load()


def test_models_have_prices(environment, monkeypatch):
    environment()
    monkeypatch.setenv("CHAT_PRICES", "large = 2.5/10, free=0/0, at=home=1/.5,")
    assert config.load().chat_prices == {"large": (2.5, 10.0), "free": (0.0, 0.0), "at=home": (1.0, 0.5)}


def test_development_needs_nothing(environment):
    environment()
    assert config.load().redis_location.startswith("unix://")


def test_a_process_that_cannot_start_says_why_in_one_line():
    environment = {**os.environ, **STRONG, "SECRET_KEY": "weak"}
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr.strip() == (
        "Stentor cannot start. SECRET_KEY must be a random string of at least 50 characters"
    )
