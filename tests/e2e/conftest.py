"""Real processes for tests that use Stentor from outside."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.browser import chromium, long_recording, model_server, people, prompting, visit, whisper
from tests.e2e.stack import Stack
from tests.fixtures.upstream import Upstream, running_upstream

__all__ = ["chromium", "long_recording", "model_server", "people", "prompting", "visit", "whisper"]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One running Stentor for all tests that leave it as they found it."""
    with Stack(first=True) as running:
        yield running


@pytest.fixture
def make_stack() -> Iterator[Callable[..., Stack]]:
    """Starts a Stentor for one test that breaks things: `make_stack(env={"DATABASE_URL": …})`."""
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(Stack(**options))


@pytest.fixture
def unstarted() -> Iterator[Stack]:
    """A Stentor that the test itself launches."""
    prepared = Stack(first=True)
    try:
        yield prepared
    finally:
        prepared.__exit__()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A model server that does as it is told."""
    with running_upstream() as server:
        yield server
