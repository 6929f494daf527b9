"""Real processes for tests that use Stentor from outside."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.browser import (
    Visit,
    Visitor,
    chromium,
    long_recording,
    model_server,
    people,
    prompting,
    visit,
    whisper,
)
from tests.e2e.stack import Person, Stack
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
    """A Stentor that the test itself launches; with `make` it has all worker families."""
    prepared = Stack("speech", first=True)
    try:
        yield prepared
    finally:
        prepared.__exit__()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """A model server that does as it is told."""
    with running_upstream() as server:
        yield server


@pytest.fixture(scope="module")
def owner(stack: Stack, request: pytest.FixtureRequest) -> Person:
    """Whose things they are, named by `OWNER` of the module: modules that share a Stentor have people of their own."""
    return stack.create_user(getattr(request.module, "OWNER", "owner"))


@pytest.fixture
def tab(visit: Visit, stack: Stack, owner: Person, request: pytest.FixtureRequest) -> Visitor:
    """A tab of the owner, at the page that `START` of the module names."""
    tab = visit(url=stack.url)
    tab.sign_in(owner, getattr(request.module, "START", "/"))
    return tab


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test has scripted answers nothing of the next one."""
    server = request.getfixturevalue("upstream") if "upstream" in request.fixturenames else None
    yield
    if server is not None:
        server.scripts.clear()
