from collections.abc import Callable, Iterator

import pytest

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.documents.models import Document
from backend.prompts.services import pool
from tests.engines.conftest import configure  # noqa: F401 (fixture)
from tests.fixtures.upstream import Upstream
from tests.prompts.batching import make_document


@pytest.fixture(autouse=True)
def _files_of_their_own(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture(autouse=True)
def _a_pool_of_its_own() -> Iterator[None]:
    pool._made.cache_clear()
    yield
    pool.cells_at_work().close()


@pytest.fixture
def upstream(configure) -> Iterator[Upstream]:  # noqa: F811
    """The model server that answers here."""
    server = Upstream()
    configure(chat_engine="auto", openai_base_url=server.url)
    yield server
    server.stop()


@pytest.fixture
def document(owner) -> Callable[..., Document]:
    """Makes documents of the owner that are ready: `document("ic01_1", "Its text.")`."""
    return lambda external_id, text="It speaks of sails.", **values: make_document(owner, external_id, text, **values)
