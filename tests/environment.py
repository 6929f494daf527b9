"""A pytest plugin, loaded before Django reads its settings: a real Redis and a home of its own for this run."""

import atexit
import os
import shutil
import signal
import tempfile

from tests.redis_server import RedisServer

REDIS = RedisServer()
HOME = tempfile.mkdtemp(prefix="stentor-tests-")
os.environ.update(
    REDIS_URL=REDIS.url,
    STENTOR_HOME=HOME,
    STENTOR_ENV="dev",
    LOG_LEVEL="WARNING",
    PYANNOTE_METRICS_ENABLED="0",
    HF_HUB_OFFLINE="1",
    # Several tests run side by side; more threads would only wait for each other.
    WHISPER_THREADS="1",
    OMP_NUM_THREADS="1",
)
# A shell that runs the tests in the background has them ignore Ctrl-C, and all that they start with them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@atexit.register
def _clean_up() -> None:
    REDIS.stop()
    shutil.rmtree(HOME, ignore_errors=True)
