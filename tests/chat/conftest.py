import pytest

import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from backend.chat.services import conversations


@pytest.fixture
def conversation(owner):
    return conversations.create(owner, title="Plans")
