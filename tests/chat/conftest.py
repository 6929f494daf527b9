from collections.abc import Iterator

import pytest

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.chat.models import Conversation, Message
from backend.chat.services import conversations, messages
from tests.engines.conftest import configure, tiny_whisper  # noqa: F401 (fixtures)
from tests.fixtures.upstream import Upstream
from tests.speech.conftest import _files_of_their_own, finished, upload  # noqa: F401 (fixtures)


@pytest.fixture
def conversation(owner) -> Conversation:
    return conversations.create(owner, title="Plans")


@pytest.fixture
def asked(owner) -> Message:
    """A question that waits for its answer."""
    return messages.say(owner, conversations.create(owner, title="Talk").pk, "How are you?")


@pytest.fixture
def upstream(configure) -> Iterator[Upstream]:  # noqa: F811
    """The model server that answers here; it is asked for answers only."""
    server = Upstream()
    configure(chat_engine="auto", openai_base_url=server.url, chat_titles=False)
    yield server
    server.stop()
