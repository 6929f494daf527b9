import backend.celery  # noqa: F401 (what services start goes to its queues, and waits there)
from tests.speech.conftest import read_log  # noqa: F401 (fixture)
