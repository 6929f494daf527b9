"""What must be true before anything is started. Each check that fails says what to do about it."""

import errno
import fcntl
import os
import socket
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import redis
from django.db import OperationalError, connection

CONNECT_S = 3.0


class CannotStart(Exception):
    """The stack cannot start; the text says why and what to do."""


def claim(home: Path, run: Path) -> IO[str]:
    """Take `STENTOR_HOME` for this stack. It is free again when the returned file is closed by all who inherited it."""
    lock = (run / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise CannotStart(
            f"Another Stentor (process {holder}) is using {home}. Stop it first, "
            "or give this one a directory of its own: STENTOR_HOME=.stentor-2 PORT=8001 make run"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def port_is_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise CannotStart(_about_port(error, host, port)) from None


def _about_port(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose another one: PORT={port + 1} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user. Choose one from 1024 on: PORT=8000 make run"
    return f"Cannot listen on {host}, port {port}: {error.strerror}."


def redis_answers(url: str) -> None:
    """Check the Redis of `REDIS_URL`."""
    shown = urlsplit(url)
    place = f"{shown.hostname}:{shown.port or 6379}" if shown.hostname else shown.path
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(
            f"The Redis of REDIS_URL ({place}) cannot be used: {error}. "
            "Start it or correct the address; without REDIS_URL, Stentor runs a Redis of its own."
        ) from None


def database_answers() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise CannotStart(
            f"The database of DATABASE_URL cannot be used: {str(error).strip()} "
            "Start it or correct the address; without DATABASE_URL, Stentor uses a file in STENTOR_HOME."
        ) from None
